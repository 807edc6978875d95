import { LamellaError } from '../../base/errors.ts';
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

export interface Bind {
  /** Absolute path on the machine. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation: string;
  /** The options as they were written, which `inspect` shows. */
  readonly mode: string;
}

const propagations = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];
/** Words that Docker takes and that mean nothing here: labels of SELinux, hints for macOS, volume copying. */
const ignored = ['z', 'Z', 'nocopy', 'cached', 'delegated', 'consistent', 'default'];

/**
 * Reads `source:target[:options]`.
 *
 * @throws LamellaError invalid `volume-invalid`, unsupported `volume-unsupported` for a volume's name
 */
export function parseBind(text: string): Bind {
  const [source = '', target = '', mode = '', ...rest] = text.split(':');
  if (rest.length > 0 || source === '' || target === '') throw invalid(text, 'invalid volume specification');
  if (!source.startsWith('/')) {
    throw new LamellaError('unsupported', `named volumes are not supported yet: ${text}`, {
      code: 'volume-unsupported',
      hint: 'Give the absolute path of a directory instead of a name.',
    });
  }
  if (!target.startsWith('/')) {
    throw invalid(text, `invalid mount path: '${target}' mount path must be absolute`);
  }
  const clean = cleanPath(target);
  if (clean === '/') throw invalid(text, `invalid specification: destination can't be '/'`);
  const words = mode === '' ? [] : mode.split(',');
  for (const word of words) {
    if (word !== 'ro' && word !== 'rw' && !propagations.includes(word) && !ignored.includes(word)) {
      throw invalid(text, `invalid mode: ${mode}`);
    }
  }
  return {
    source: cleanPath(source),
    target: clean,
    readOnly: words.includes('ro'),
    propagation: words.find((word) => propagations.includes(word)) ?? 'rprivate',
    mode,
  };
}

function invalid(text: string, reason: string): LamellaError {
  return new LamellaError(
    'invalid',
    `invalid volume specification: '${text}': invalid mount config for type "bind": ${reason}`,
    { code: 'volume-invalid' },
  );
}

export function bindMount({ source, target, readOnly, propagation }: Bind): RuntimeMount {
  return {
    destination: target,
    type: 'bind',
    source,
    options: ['rbind', readOnly ? 'ro' : 'rw', propagation],
  };
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
  if (!target.startsWith('/') || cleanPath(target) === '/') {
    throw new LamellaError('invalid', `invalid mount path: '${target}' mount path must be absolute`, {
      code: 'tmpfs-invalid',
    });
  }
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

/** Without empty, `.` and `..` parts; `..` stops at the root. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
