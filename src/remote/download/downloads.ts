import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../../base/files.ts';
import { lockFile } from '../../linux/flock.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../oci/digest.ts';
import { type DownloadPaths, openPartialBlob, type PartialBlob } from './partial-blob.ts';

/**
 * Blobs on their way here, in `<root>/downloads/`:
 *
 *     sha256-<hex>.part     bytes as they come     sha256-<hex>          all of them, verified and synced
 *     sha256-<hex>.chunks   which of them are here locks/<two digits>    held by whoever works on one of those digests
 *
 * Whoever stops, or dies, leaves what has come; the next one goes on from there.
 */
export interface Downloads {
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
    async lock(digest, { signal } = {}) {
      const locks = join(folder, 'locks');
      await mkdir(locks, { recursive: true, mode: 0o700 });
      return await lockFile(join(locks, digestHex(digest).slice(0, 2)), { signal });
    },
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

/**
 * Removes downloads that nobody has gone on with for a while.
 *
 * @param options.age milliseconds since the last byte came
 * @returns bytes that are free now
 */
export async function sweepDownloads(
  folder: string,
  options: { age: number; now?: number },
): Promise<number> {
  const before = (options.now ?? Date.now()) - options.age;
  let freed = 0;
  for (const { name, isOld, size } of await listDownloads(folder, before)) {
    if (!isOld) continue;
    const hex = /^[a-z0-9]+-([0-9a-f]{2})/.exec(name)?.[1];
    if (hex === undefined) continue;
    // Held by somebody: it is going on just now.
    const lock = await lockFile(join(folder, 'locks', hex), { signal: AbortSignal.timeout(1) }).catch(
      () => undefined,
    );
    if (lock === undefined) continue;
    await using _ = lock;
    await rm(join(folder, name), { force: true });
    freed += size;
  }
  return freed;
}

/** Bytes on disk of all downloads that are not complete. */
export async function downloadsSize(folder: string): Promise<number> {
  return (await listDownloads(folder, 0)).reduce((sum, { size }) => sum + size, 0);
}

async function listDownloads(
  folder: string,
  before: number,
): Promise<{ name: string; isOld: boolean; size: number }[]> {
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const found = await Promise.all(
    names.map(async (name) => {
      const info = await unlessMissing(stat(join(folder, name)));
      if (info === undefined || !info.isFile()) return [];
      return [{ name, isOld: info.mtimeMs <= before, size: info.blocks * 512 }];
    }),
  );
  return found.flat();
}
