import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, renameSync } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.ts';

/** Makes the names in a directory durable: what was renamed into it or removed from it survives a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

/** The same, while the caller waits: part of a transaction of the database. */
export function syncDirectoryNow(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Renames at once what need not be there. @returns whether it was */
export function renameIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Renames and makes the new name durable. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/**
 * Replaces a file's content such that a reader, or whoever looks after a crash, sees all of the old or all of the new.
 *
 * @param options.mode permission bits of the new file, 0o644 by default
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  options: { mode?: number } = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    {
      await using file = await open(temporary, 'wx', options.mode ?? 0o644);
      await file.writeFile(content);
      await file.sync();
    }
    await renameDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Removes a file or a whole tree, which need not be there. However deep: a container can nest directories further than
 * a path can name (PATH_MAX), and must not stay for that.
 */
export async function removeTree(path: string): Promise<void> {
  const remove = (target: string | Buffer): Promise<void> =>
    rm(target, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENAMETOOLONG') throw error;
    for await (const flat of flattened(path)) await remove(flat);
    await remove(path);
  }
}

/** The entries of a folder, each without directories in it: those are moved up into the folder before, and come later. */
async function* flattened(folder: string): AsyncGenerator<Buffer> {
  const fresh = randomBytes(8).toString('hex');
  let moved = 0;
  const left = await namesIn(Buffer.from(folder));
  for (let entry = left.pop(); entry !== undefined; entry = left.pop()) {
    const path = below(folder, entry.name);
    for (const inner of entry.isDirectory ? await namesIn(path) : []) {
      if (!inner.isDirectory) continue;
      const name = Buffer.from(`${fresh}-${(moved += 1)}`);
      await rename(below(path, inner.name), below(folder, name));
      left.push({ name, isDirectory: true });
    }
    yield path;
  }
}

async function namesIn(folder: Buffer): Promise<{ name: Buffer; isDirectory: boolean }[]> {
  const entries = await readdir(folder, { encoding: 'buffer', withFileTypes: true });
  return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
}

function below(folder: string | Buffer, name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]);
}

/** What `action` gives, or undefined where the file is not there. */
export async function unlessMissing<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Fills `buffer` from `position` of an open file, at once. @returns the bytes read: fewer only where the file ends */
export function readFully(fd: number, buffer: Uint8Array, position: number): number {
  let done = 0;
  while (done < buffer.byteLength) {
    const count = readSync(fd, buffer, done, buffer.byteLength - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Writes all of `bytes`, at the handle's position or at `position` (bytes from the file's start). */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const at = position === undefined ? null : position + done;
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, at);
    done += bytesWritten;
  }
}
