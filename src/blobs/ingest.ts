import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, unlessMissing } from '../base/files.ts';
import { currentOwner, isOwnerAlive, isPidAlive } from '../db/process-owner.ts';

/**
 * A folder under `<root>/ingest/` for content that is not complete yet. What is finished is renamed out of it. The rest
 * goes with `await using`, or, where the process dies, with the next {@link sweepIngest}.
 */
export interface Ingest extends AsyncDisposable {
  readonly path: string;
}

/** Name of the file in it that holds the {@link currentOwner} of whoever writes. */
const ownerFile = 'owner';
const freshPrefix = 'new-';
const trashPrefix = 'trash-';

export async function createIngest(root: string): Promise<Ingest> {
  const folder = join(root, 'ingest');
  const path = join(folder, `${freshPrefix}${process.pid}-${randomBytes(8).toString('hex')}`);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, ownerFile), currentOwner());
  return { path, [Symbol.asyncDispose]: () => removeTree(path) };
}

/**
 * Where to rename something to that is to go: a name under `<root>/ingest/`, which any process may remove. A rename takes
 * a moment however much is below it, so it can be part of a transaction; the removal itself is done after.
 */
export function trashPath(root: string): string {
  return join(root, 'ingest', `${trashPrefix}${randomBytes(8).toString('hex')}`);
}

/** Removes what dead processes left in `<root>/ingest/`, and trash. What belongs to a living process stays. */
export async function sweepIngest(root: string): Promise<void> {
  const folder = join(root, 'ingest');
  for (const name of (await unlessMissing(readdir(folder))) ?? []) {
    const path = join(folder, name);
    if (name.startsWith(trashPrefix)) {
      await removeTree(path);
    } else if (await isAbandoned(path, name)) {
      // Renamed first: two that sweep at once do not stand in each other's way, and nobody finds a half-removed folder.
      const trash = trashPath(root);
      if ((await unlessMissing(rename(path, trash).then(() => true))) === true) await removeTree(trash);
    }
  }
}

async function isAbandoned(path: string, name: string): Promise<boolean> {
  const owner = await unlessMissing(readFile(join(path, ownerFile), 'latin1'));
  if (owner !== undefined && owner !== '') return !isOwnerAlive(owner);
  // Between mkdir and the owner's file there is a moment; the name says whom to ask then.
  const pid = new RegExp(`^${freshPrefix}(\\d+)-`).exec(name)?.[1];
  return pid === undefined || !isPidAlive(Number(pid));
}
