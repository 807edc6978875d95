import { join } from 'node:path';

/** Where volumes live: `root` outlives a reboot, `run` does not. */
export interface VolumeFolders {
  readonly root: string;
  readonly run: string;
}

export interface VolumePaths {
  /** All of a volume: `<root>/volumes/<name>`. */
  readonly folder: string;
  /** What containers see. */
  readonly data: string;
  /** Held by whoever mounts, unmounts or fills it. */
  readonly lock: string;
  /** A file for each container that uses a volume that has to be mounted: `<run>/volumes/<name>`. */
  readonly uses: string;
}

export function volumePaths(folders: VolumeFolders, name: string): VolumePaths {
  const folder = join(volumesFolder(folders), name);
  return {
    folder,
    data: join(folder, '_data'),
    lock: join(folder, 'lock'),
    uses: join(usesFolder(folders), name),
  };
}

export function volumesFolder({ root }: VolumeFolders): string {
  return join(root, 'volumes');
}

export function usesFolder({ run }: VolumeFolders): string {
  return join(run, 'volumes');
}

/** What has lost its name and waits to be deleted; no volume can be called so. */
export const removedPrefix = '.removed-';
