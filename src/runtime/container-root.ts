import { closeSync, fstatSync, lstatSync, readFileSync, type BigIntStats } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import { systemErrorCode } from '../base/errors.ts';
import { confinedRoot, openRootFolder, type ConfinedRoot } from '../linux/confined-root.ts';
import { readMountTable, type MountEntry } from '../linux/mount-table.ts';
import { unpackDevice } from '../linux/nodes.ts';
import { hasEnded } from './exit-record.ts';
import type { Container } from './types.ts';

/** A container's files as the container sees them, with what is mounted in it. */
export interface ContainerRoot {
  readonly root: ConfinedRoot;
  /** Whether a directory shows what the kernel makes up, such as /proc: no content of the container. */
  readonly isForeign: (status: BigIntStats) => boolean;
  /** Why nothing can be written there: the root, or what is mounted there, is read-only. */
  readOnly(path: ByteString): 'root' | 'mount' | undefined;
}

const foreignTypes = new Set(
  [
    'proc',
    'sysfs',
    'devpts',
    'devtmpfs',
    'mqueue',
    'cgroup',
    'cgroup2',
    'securityfs',
    'debugfs',
    'tracefs',
  ].concat(['bpf', 'pstore', 'configfs', 'binfmt_misc', 'hugetlbfs', 'fusectl', 'efivarfs']),
);

/**
 * The root of a container that runs, reached through its first process. Undefined where that process ends just now, or
 * has made another directory its root: then what it sees is not the container's.
 *
 * @param merged where the container's root is mounted on the machine
 */
export async function openLiveRoot(
  { state }: Container,
  merged: string,
): Promise<(ContainerRoot & Disposable) | undefined> {
  const { pid } = state;
  if (pid === undefined) return undefined;
  let fd: number | undefined;
  try {
    fd = openRootFolder(`/proc/${pid}/root/.`);
    const mounts = await readMountTable(pid);
    const [seen, known] = [fstatSync(fd), lstatSync(merged)];
    // Asked last: a process of that number which is not the container's may have been looked at.
    if (seen.dev === known.dev && seen.ino === known.ino && !hasEnded(state)) {
      return describeRoot(fd, mounts, { rootIsReadOnly: false });
    }
  } catch (error) {
    if (!['ENOENT', 'ESRCH', 'EINVAL'].includes(systemErrorCode(error) ?? '')) throw error;
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

/** The root of a container that does not run, mounted at `merged` with all that it would have mounted in it. */
export async function openMountedRoot(
  merged: string,
  options: { rootIsReadOnly: boolean },
): Promise<ContainerRoot & Disposable> {
  return describeRoot(openRootFolder(merged), await readMountTable(), options);
}

function describeRoot(
  fd: number,
  mounts: readonly MountEntry[],
  { rootIsReadOnly }: { rootIsReadOnly: boolean },
): ContainerRoot & Disposable {
  const root = confinedRoot(fd, 'inside');
  const ownMount = mountIdOf(fd);
  const foreign = new Set(
    mounts
      .filter(({ type, target }) => foreignTypes.has(type) || (target === '/dev' && type === 'tmpfs'))
      .map(({ device }) => device),
  );
  return {
    root,
    isForeign({ dev }) {
      const { major, minor } = unpackDevice(dev);
      return foreign.has(`${major}:${minor}`);
    },
    readOnly(path) {
      const found = root.find(path, { follow: true });
      if (found === undefined) return undefined;
      try {
        const id = mountIdOf(found);
        const isReadOnly = mounts.find((mount) => mount.id === id)?.readOnly === true;
        if (id === ownMount) return isReadOnly || rootIsReadOnly ? 'root' : undefined;
        return isReadOnly ? 'mount' : undefined;
      } finally {
        closeSync(found);
      }
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** Which mount an open file lies in (proc_pid_fdinfo(5)). */
function mountIdOf(fd: number): number {
  return Number(/^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]);
}
