import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../../base/files.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../oci/digest.ts';
import { lockIn, pullsLock } from './download-locks.ts';
import { type DownloadPaths, openPartialBlob, type PartialBlob } from './partial-blob.ts';

/**
 * Blobs on their way here, in `<root>/downloads/`:
 *
 *     sha256-<hex>.part     bytes as they come     sha256-<hex>          all of them, verified and synced
 *     sha256-<hex>.chunks   which of them are here locks/<two digits>    held by whoever works on one of those digests
 *                                                  locks/pulls           shared by all pulls that run
 *
 * Whoever stops, or dies, leaves what has come; the next one goes on from there.
 */
export interface Downloads {
  /** Keeps {@link sweepDownloads} away, for as long as a pull needs what it has fetched. */
  use(options?: { signal?: AbortSignal | undefined }): Promise<AsyncDisposable>;
  /**
   * Waits for the right to bring a blob in, which one process has at a time. Nobody who holds one may wait for
   * another: several digests share a lock.
   */
  lock(digest: Digest, options?: { signal?: AbortSignal | undefined }): Promise<AsyncDisposable>;
  open(digest: Digest, size: number): Promise<PartialBlob>;
  /** The path of a blob that is complete and verified, if there is one. */
  findVerified(digest: Digest): Promise<string | undefined>;
  /** Bytes of it that are here. */
  received(digest: Digest, size: number): Promise<number>;
}

export function createDownloads(folder: string): Downloads {
  const pathsOf = (digest: Digest): DownloadPaths => {
    const verified = join(folder, `${digestAlgorithm(digest)}-${digestHex(digest)}`);
    return { verified, part: `${verified}.part`, record: `${verified}.chunks` };
  };
  return {
    use: (options = {}) => lockIn(folder, pullsLock, { ...options, shared: true }),
    lock: (digest, options) => lockIn(folder, digestHex(digest).slice(0, 2), options),
    open: (digest, size) => openPartialBlob(pathsOf(digest), size),
    async findVerified(digest) {
      const { verified } = pathsOf(digest);
      return (await unlessMissing(stat(verified))) === undefined ? undefined : verified;
    },
    async received(digest, size) {
      const { part, verified } = pathsOf(digest);
      if ((await unlessMissing(stat(verified))) !== undefined) return size;
      const info = await unlessMissing(stat(part));
      return info === undefined ? 0 : Math.min(size, info.blocks * 512);
    },
  };
}
