import { chown, mkdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { unlessMissing, writeFileAtomically } from '../../base/files.ts';

/**
 * Replaces a file that only its owner may read; a link to it stays one. What root makes in somebody's home (`sudo` that
 * keeps HOME) belongs to them.
 */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  await makeSecretFolder(dirname(path));
  const target = await targetOf(path);
  const owner = (await unlessMissing(stat(target))) ?? (await stat(dirname(target)));
  await writeFileAtomically(target, text, { mode: 0o600 });
  await giveTo(target, owner);
}

/** Makes what is missing of a folder that only its owner may enter. */
export async function makeSecretFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const owner = await stat(dirname(first));
  for (let made = path; made.startsWith(first); made = dirname(made)) await giveTo(made, owner);
}

/** Only root can give a file away, and need not where it is its own. */
export async function giveTo(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  if (process.geteuid?.() === 0 && uid !== 0) await chown(path, uid, gid);
}

/** What a link points to, whether that is there or not yet. */
async function targetOf(path: string): Promise<string> {
  const found = await unlessMissing(realpath(path));
  if (found !== undefined) return found;
  const link = await unlessMissing(readlink(path));
  return link === undefined ? path : resolve(join(path, '..'), link);
}
