import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../../base/files.ts';
import { openFolderView } from '../../layers/layer-view.ts';
import type { BuildContext } from '../request.ts';
import { parseIgnoreFile } from './patterns.ts';

/**
 * A directory of this machine as a build's context, without what its `.dockerignore` excludes; a Dockerfile may have an
 * ignore file of its own beside it, which then holds alone.
 *
 * @param dockerfile path of the Dockerfile; undefined where it is not a file
 */
export async function folderContext(folder: string, dockerfile: string | undefined): Promise<BuildContext> {
  const own = dockerfile === undefined ? undefined : await readText(`${dockerfile}.dockerignore`);
  const text = own ?? (await readText(join(folder, '.dockerignore'))) ?? '';
  return { open: () => openFolderView(folder), ignore: parseIgnoreFile(text) };
}

async function readText(path: string): Promise<string | undefined> {
  return await unlessMissing(readFile(path, 'utf8'));
}
