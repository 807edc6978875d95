import { open, stat } from 'node:fs/promises';
import { systemErrorCode } from '../../base/errors.ts';
import { readChunks, type ByteStream } from '../../base/streams.ts';
import { CliError } from '../errors/cli-error.ts';

export interface OpenedInput extends AsyncDisposable {
  readonly content: ByteStream;
  /** Bytes, where the file says it. */
  readonly size: number | undefined;
}

/** A file to read from, with Docker's error texts: `open /nope: no such file or directory`. */
export async function openInput(path: string): Promise<OpenedInput> {
  try {
    const file = await open(path, 'r');
    const stats = await file.stat();
    if (stats.isDirectory()) {
      await file.close();
      throw new CliError(`read ${path}: is a directory`);
    }
    return {
      content: readChunks(file),
      size: stats.isFile() ? stats.size : undefined,
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') throw new CliError(`open ${path}: no such file or directory`);
    if (code === 'EACCES') throw new CliError(`open ${path}: permission denied`);
    throw error;
  }
}

export async function isRegularFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() === true;
}
