import { mkdirSync, renameSync, statSync } from 'node:fs';
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isLamellaError, LamellaError, systemErrorCode } from '../base/errors.ts';
import { removeTree, renameIfThere, syncDirectoryNow, unlessMissing, writeFully } from '../base/files.ts';
import { type ByteStream, readChunks, streamOf } from '../base/streams.ts';
import type { Database } from '../db/database.ts';
import { rememberDamage } from '../db/damage.ts';
import { type Digest, digestAlgorithm, digestHex, Digester, isDigest } from '../oci/digest.ts';
import {
  type BlobInfo,
  type BlobStore,
  type Collected,
  documentLimit,
  type ExpectedBlob,
} from './blob-store.ts';
import { translateFullDisk } from './full-disk.ts';
import { createIngest, sweepIngest, trashPath } from './ingest.ts';
import { corruptBlob, IncomingCheck, unknownBlob, verifiedStream } from './verified-stream.ts';

interface BlobRow {
  readonly digest: Digest;
  readonly size: number;
  readonly created_at: number;
}

/**
 * Blobs as files, `<root>/blobs/sha256/<hex>`, and a row of the table `blobs` for each that is complete.
 *
 * Putting: write and hash into ingest/, sync, then in one transaction rename into place and insert the row. A crash
 * between the two leaves a file without a row, which is garbage; never a row without its file. Removing goes the other way
 * round: the row first, durably, then the file (`collect`).
 *
 * Content replaces a file of the same name that may be there already, so storing a blob again heals a damaged one; who
 * reads the old file meanwhile keeps it.
 */
export function createDiskBlobStore({ root, db }: { root: string; db: Database }): BlobStore {
  function pathOf(digest: Digest): string {
    return join(root, 'blobs', digestAlgorithm(digest), digestHex(digest));
  }

  function find(digest: Digest): BlobInfo | undefined {
    const row = db.get<BlobRow>('SELECT digest, size, created_at FROM blobs WHERE digest = ?', digest);
    return row && infoOf(row);
  }

  function has(digest: Digest): boolean {
    const row = db.get<{ size: number }>(
      'SELECT size FROM blobs WHERE digest = ? AND damaged_at IS NULL',
      digest,
    );
    return row !== undefined && statSync(pathOf(digest), { throwIfNoEntry: false })?.size === row.size;
  }

  function publish(file: string, { digest, size }: { digest: Digest; size: number }): BlobInfo {
    const path = pathOf(digest);
    mkdirSync(dirname(path), { recursive: true });
    const createdAt = Date.now();
    db.transaction(() => {
      renameSync(file, path);
      syncDirectoryNow(dirname(path));
      db.run(
        `INSERT INTO blobs (digest, size, created_at) VALUES (?, ?, ?)
         ON CONFLICT (digest) DO UPDATE SET damaged_at = NULL`,
        digest,
        size,
        createdAt,
      );
    });
    return { digest, size, createdAt };
  }

  async function put(bytes: ByteStream, expected: ExpectedBlob = {}): Promise<BlobInfo> {
    try {
      await using ingest = await createIngest(root);
      const path = join(ingest.path, 'content');
      return publish(path, await writeChecked(path, bytes, new IncomingCheck(expected)));
    } catch (error) {
      throw translateFullDisk(error, root);
    }
  }

  async function get(digest: Digest): Promise<ByteStream> {
    const info = find(digest);
    if (info === undefined) throw unknownBlob(digest);
    return verifiedStream(contentOf(digest), digest, info.size);
  }

  async function* contentOf(digest: Digest): ByteStream {
    await using file = await orMissing(digest, open(pathOf(digest), 'r'));
    yield* readChunks(file);
  }

  async function read(digest: Digest, limit = documentLimit): Promise<Buffer> {
    const info = find(digest);
    if (info === undefined) throw unknownBlob(digest);
    if (info.size > limit) {
      throw new LamellaError('invalid', `blob ${digest} is larger than ${limit} bytes`, {
        code: 'too-large',
      });
    }
    const bytes = await orMissing(digest, readFile(pathOf(digest)));
    const digester = new Digester(digestAlgorithm(digest));
    digester.update(bytes);
    const found = digester.digest();
    if (found !== digest) throw corruptBlob(digest, `its content hashes to ${found}`);
    return bytes;
  }

  async function verify(
    digest: Digest,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<string | undefined> {
    let problem: string | undefined;
    try {
      for await (const _ of await get(digest)) signal?.throwIfAborted();
    } catch (error) {
      if (!isLamellaError(error, 'corrupt')) throw error;
      problem = error.message;
    }
    rememberDamage(db, { table: 'blobs', digest, isDamaged: problem !== undefined });
    return problem;
  }

  /** What is in the folder without a row may just be on its way in: only under the write lock it is certain. */
  async function removeUnnamed(digests: readonly Digest[]): Promise<number> {
    let freed = 0;
    for (const digest of digests) {
      const trash = trashPath(root);
      const size = (await unlessMissing(stat(pathOf(digest))))?.size ?? 0;
      const moved = db.transaction(() => find(digest) === undefined && renameIfThere(pathOf(digest), trash));
      if (!moved) continue;
      await removeTree(trash);
      freed += size;
    }
    return freed;
  }

  async function collect(): Promise<Collected> {
    mkdirSync(join(root, 'ingest'), { recursive: true });
    const stored = await storedDigests(root);
    const named = new Set(db.all<{ digest: Digest }>('SELECT digest FROM blobs').map(({ digest }) => digest));
    const freed = await removeUnnamed(stored.filter((digest) => !named.has(digest)));
    await sweepIngest(root);
    return { freed };
  }

  return {
    put,
    putBytes: (bytes, expected) => put(streamOf(bytes), expected),
    adopt: async (path, content) => publish(path, content),
    get,
    read,
    has,
    stat: find,
    verify,
    list: () => db.all<BlobRow>('SELECT digest, size, created_at FROM blobs ORDER BY digest').map(infoOf),
    collect,
  };
}

/** Writes, syncs, and gives what was written, if that is what was expected. */
async function writeChecked(
  path: string,
  bytes: ByteStream,
  check: IncomingCheck,
): Promise<{ digest: Digest; size: number }> {
  await using file = await open(path, 'wx', 0o644);
  for await (const piece of bytes) {
    check.update(piece);
    await writeFully(file, piece);
  }
  const found = check.finish();
  await file.datasync();
  return found;
}

function infoOf({ digest, size, created_at: createdAt }: BlobRow): BlobInfo {
  return { digest, size, createdAt };
}

async function orMissing<T>(digest: Digest, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw corruptBlob(digest, 'its file is missing', error);
    throw error;
  }
}

async function storedDigests(root: string): Promise<Digest[]> {
  const folder = join(root, 'blobs');
  const found: Digest[] = [];
  for (const algorithm of (await unlessMissing(readdir(folder))) ?? []) {
    for (const hex of await readdir(join(folder, algorithm))) {
      const digest = `${algorithm}:${hex}`;
      if (isDigest(digest)) found.push(digest);
    }
  }
  return found;
}
