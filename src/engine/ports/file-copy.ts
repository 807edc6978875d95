import type { ByteStream } from '../../base/streams.ts';
import type { PathStat } from '../../copy/path-stat.ts';
import type { OperationOptions } from './common.ts';

export interface CopyOptions extends OperationOptions {
  /** Keep the numbers of owners; else files become the caller's, or in the container root's. */
  readonly archive?: boolean;
  /** Copy what a symlink leads to, where the source is one. */
  readonly followLink?: boolean;
  /** Where relative paths of this machine begin; the working directory of this process by default. */
  readonly folder?: string;
}

/** How many bytes of tar went over, and to which path in the end. */
interface CopyReport {
  readonly bytes: number;
  readonly path: string;
}

/**
 * Files in and out of a container, whether it runs or not. Paths in it are resolved in it: no symlink leads out, and
 * nothing of it is run. What is wrong with a path of this machine is a LamellaError of code `local-path`.
 */
export interface FileCopyEngine {
  /** @throws LamellaError not-found `container-file-not-found` */
  statPath(container: string, path: string): Promise<PathStat>;
  /** A tar of a file or a directory; it must be read or returned, since it holds the container's root. */
  archive(
    container: string,
    path: string,
    options?: OperationOptions & { followLink?: boolean },
  ): Promise<{ stat: PathStat; content: ByteStream }>;
  /** Unpacks a tar, compressed or not, in a directory. */
  extract(
    container: string,
    path: string,
    content: ByteStream,
    options?: OperationOptions & {
      /** As the archive says, by default. */
      owner?: 'archive' | 'root';
      /** Let a file replace an empty directory, or a directory a file. */
      overwriteAnyType?: boolean;
    },
  ): Promise<void>;
  /** From the container to this machine. */
  copyFrom(container: string, path: string, target: string, options?: CopyOptions): Promise<CopyReport>;
  /** From this machine into the container. */
  copyTo(container: string, source: string, path: string, options?: CopyOptions): Promise<CopyReport>;
}
