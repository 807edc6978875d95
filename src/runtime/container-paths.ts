import { join } from 'node:path';

/** Where containers live: `root` outlives a reboot, `run` (on a tmpfs) does not. */
export interface RuntimeFolders {
  readonly root: string;
  readonly run: string;
}

export interface ContainerPaths {
  /** All of a container that outlives a reboot: `<root>/containers/<id>`. */
  readonly folder: string;
  /** Names the process that made the folder: until its row is there, only that process may take it away. */
  readonly owner: string;
  /** Held by whoever starts, ends or removes the container. */
  readonly lock: string;
  /** Held by who waits to start the container again. */
  readonly restarter: string;
  readonly upper: string;
  readonly work: string;
  /** The root file system, while mounted. */
  readonly merged: string;
  readonly log: string;
  /** Where conmon leaves `exit` (the exit code in decimal) and `oom`. */
  readonly exitFolder: string;
  readonly exitFile: string;
  readonly files: { readonly resolvConf: string; readonly hosts: string; readonly hostname: string };
  /** What concerns one run only, the OCI bundle in it: `<run>/containers/<id>`. */
  readonly bundle: string;
  readonly pidFile: string;
  /** Locked by a process that waits for the exit and records it, so that conmon need not start one for that. */
  readonly attended: string;
  /** Names the process for which the container is paused at the moment. */
  readonly pausedFor: string;
  /** Where images and parts of volumes are mounted for this container, so that the runtime can bind them: never deleted recursively. */
  readonly mounts: string;
  /** A tmpfs, where the container's shared memory can be joined by others. */
  readonly sharedMemory: string;
  /** State of the OCI runtime, for all containers. */
  readonly runtimeRoot: string;
}

/** Held by the process that checks the health of containers. */
export function healthLock({ run }: RuntimeFolders): string {
  return join(run, 'health-keeper');
}

export function containerPaths({ root, run }: RuntimeFolders, id: string): ContainerPaths {
  const folder = join(root, 'containers', id);
  const bundle = join(run, 'containers', id);
  const exitFolder = join(folder, 'exit');
  return {
    folder,
    owner: join(folder, 'owner'),
    lock: join(folder, 'lock'),
    restarter: join(folder, 'restarter'),
    upper: join(folder, 'upper'),
    work: join(folder, 'work'),
    merged: join(folder, 'merged'),
    log: join(folder, 'container.log'),
    exitFolder,
    exitFile: join(exitFolder, 'exit'),
    files: {
      resolvConf: join(folder, 'resolv.conf'),
      hosts: join(folder, 'hosts'),
      hostname: join(folder, 'hostname'),
    },
    bundle,
    pidFile: join(bundle, 'pid'),
    attended: join(bundle, 'attended'),
    pausedFor: join(bundle, 'paused-for'),
    mounts: join(run, 'mounts', id),
    sharedMemory: join(bundle, 'shm'),
    runtimeRoot: join(run, 'oci'),
  };
}

/** A container's folder before it has its owner and its name: `<id>.<pid of who makes it>`. */
export function draftFolder(folder: string, pid: number): { folder: string; owner: string } {
  const draft = `${folder}.${pid}`;
  return { folder: draft, owner: join(draft, 'owner') };
}

/** The process that makes that folder; undefined for any other name. */
export function draftMaker(name: string): number | undefined {
  const pid = /^[0-9a-f]{64}\.([0-9]+)$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Holds the mount points that an image lacks; found out by its first container after a boot. */
export function mountPointsFolder({ run }: RuntimeFolders, imageId: string): string {
  return join(run, 'inits', imageId.replace(/^sha256:/, ''));
}
