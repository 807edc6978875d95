import { LamellaError } from '../../base/errors.ts';
import type { ContainerMount } from '../mounts/container-mount.ts';
import { propagations } from '../mounts/mount-mode.ts';
import { cleanPath, wrongTarget } from '../mounts/mount-path.ts';
import type { RuntimeMount } from './oci-spec.ts';

/** Bytes of /dev/shm where nobody says otherwise. */
export const defaultShmSize: number = 64 << 20;

/** What every container has at hand, in the order in which it is mounted. */
export function systemMounts({
  privileged,
  shmSize,
}: {
  privileged: boolean;
  shmSize: number;
}): RuntimeMount[] {
  const access = privileged ? 'rw' : 'ro';
  const plain = ['nosuid', 'noexec', 'nodev'];
  const of = (destination: string, type: string, source: string, options: string[]): RuntimeMount => ({
    destination,
    type,
    source,
    options,
  });
  return [
    of('/proc', 'proc', 'proc', plain),
    of('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    of('/dev/pts', 'devpts', 'devpts', [
      'nosuid',
      'noexec',
      'newinstance',
      'ptmxmode=0666',
      'mode=0620',
      'gid=5',
    ]),
    of('/sys', 'sysfs', 'sysfs', [...plain, access]),
    of('/sys/fs/cgroup', 'cgroup', 'cgroup', [access, ...plain]),
    of('/dev/mqueue', 'mqueue', 'mqueue', plain),
    of('/dev/shm', 'tmpfs', 'shm', [...plain, 'mode=1777', `size=${shmSize}`]),
  ];
}

/**
 * A directory or file of the machine, as a container is to see it.
 *
 * @param source absolute path on the machine
 * @param kernelCan whether the kernel makes what is mounted below read-only too (Linux 5.12)
 */
export function bindMount(
  source: string,
  {
    target,
    readOnly,
    readOnlyBelow,
    nonRecursive,
    propagation,
  }: Pick<ContainerMount, 'target' | 'readOnly' | 'readOnlyBelow' | 'nonRecursive' | 'propagation'>,
  kernelCan: boolean,
): RuntimeMount {
  const wholly = kernelCan && readOnlyBelow !== 'never' && nonRecursive !== true;
  return {
    destination: target,
    type: 'bind',
    source,
    options: [
      nonRecursive === true ? 'bind' : 'rbind',
      readOnly ? (wholly ? 'rro' : 'ro') : 'rw',
      propagation === '' ? 'rprivate' : propagation,
    ],
  };
}

/** How the container's root must be, so that a mount in it can pass on what is mounted later. */
export function rootPropagation(mounts: readonly RuntimeMount[]): string | undefined {
  const words = new Set(mounts.flatMap(({ type, options }) => (type === 'bind' ? options : [])));
  if (words.has('shared') || words.has('rshared')) return 'shared';
  return words.has('slave') || words.has('rslave') ? 'rslave' : undefined;
}

const tmpfsFlags = ['exec', 'noexec', 'suid', 'nosuid', 'dev', 'nodev', 'ro', 'rw', 'async', 'sync'].concat(
  ['atime', 'noatime', 'diratime', 'nodiratime', 'relatime', 'norelatime', 'strictatime', 'nostrictatime'],
  ['dirsync', 'mand', 'nomand', ...propagations],
);
const tmpfsValues = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol'];
const opposites: Readonly<Record<string, string>> = { exec: 'noexec', suid: 'nosuid', dev: 'nodev' };

/**
 * A tmpfs with Docker's noexec, nosuid and nodev unless the options say the contrary.
 *
 * @throws LamellaError invalid `tmpfs-invalid`
 */
export function tmpfsMount(target: string, options: string): RuntimeMount {
  const asked = options === '' ? [] : options.split(',');
  for (const option of asked) {
    const [name = ''] = option.split('=');
    if (option.includes('=') ? tmpfsValues.includes(name) : tmpfsFlags.includes(name)) continue;
    throw new LamellaError('invalid', `invalid tmpfs option ${JSON.stringify(option)}`, {
      code: 'tmpfs-invalid',
    });
  }
  const wrong = wrongTarget(target);
  if (wrong !== undefined) throw new LamellaError('invalid', wrong, { code: 'tmpfs-invalid' });
  const lifted = new Set(asked.map((option) => opposites[option]));
  const kept = ['noexec', 'nosuid', 'nodev'].filter((flag) => !lifted.has(flag) && !asked.includes(flag));
  return {
    destination: cleanPath(target),
    type: 'tmpfs',
    source: 'tmpfs',
    options: [...kept, 'rprivate', ...asked],
  };
}

/** The mounts of a container: one for each place, those asked for winning, outer places before the places inside them. */
export function arrangeMounts(
  system: readonly RuntimeMount[],
  asked: readonly RuntimeMount[],
): RuntimeMount[] {
  const taken = new Map(asked.map((mount) => [mount.destination, mount]));
  const depth = ({ destination }: RuntimeMount): number => destination.split('/').length;
  return [
    ...system.filter((mount) => !taken.has(mount.destination)),
    ...[...taken.values()].sort((a, b) => depth(a) - depth(b)),
  ];
}
