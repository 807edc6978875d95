import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../../base/errors.ts';
import { writeFully } from '../../base/files.ts';
import type { ByteStream } from '../../base/streams.ts';
import { CliError } from '../errors/cli-error.ts';
import type { CommandContext } from './context.ts';

/**
 * Refuses a terminal for binary output, and a path that cannot be written, before any work is done.
 *
 * @param what Docker's word for it in the message: `save` or `export`
 */
export async function checkOutput(
  context: CommandContext,
  path: string | undefined,
  prefix: string,
): Promise<void> {
  if (path === undefined) {
    if (!context.io.stdout.isTerminal) return;
    throw new CliError('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  }
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) {
    throw new CliError(`${prefix}: cannot write to a directory`);
  }
  const folder = dirname(path);
  const found = await stat(folder).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT' && systemErrorCode(error) !== 'ENOTDIR') throw error;
  });
  if (found?.isDirectory() === true) return;
  throw new CliError(`${prefix}: invalid output path: stat ${folder}: no such file or directory`);
}

/** Writes to the file, which appears only when it is complete, or to standard output. */
export async function writeOutput(
  context: CommandContext,
  content: ByteStream,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) {
    for await (const bytes of content) await context.io.stdout.write(bytes);
    return;
  }
  const existing = await stat(path).catch(() => undefined);
  // A device or a pipe is written to as it is: renaming over /dev/null would replace it.
  const direct = existing !== undefined && !existing.isFile();
  const temporary = direct ? path : `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await using file = await open(temporary, direct ? 'w' : 'wx', 0o600);
    for await (const bytes of content) await writeFully(file, bytes);
    if (direct) return;
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    if (!direct) await rm(temporary, { force: true });
    throw error;
  }
}
