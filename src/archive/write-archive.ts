import { randomBytes } from 'node:crypto';
import { chmod, open, stat } from 'node:fs/promises';
import { renameDurably, removeTree, unlessMissing, writeFully } from '../base/files.ts';
import type { ByteStream } from '../base/streams.ts';
import { createFileSink } from '../layers/file-sink.ts';

/**
 * Writes an archive to a file, which has all of it or stays what it was. A path that is no regular file, such as
 * `/dev/stdout` or a named pipe, is written to as it is.
 */
export async function writeArchive(path: string, content: ByteStream): Promise<void> {
  const existing = await unlessMissing(stat(path));
  if (existing !== undefined && !existing.isFile()) return writeInPlace(path, content);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    {
      await using sink = await createFileSink(temporary);
      for await (const piece of content) await sink.write(piece);
      await sink.finish();
    }
    // As Docker leaves it: an image may hold what is not for everybody.
    await chmod(temporary, existing === undefined ? 0o600 : existing.mode & 0o7777);
    await renameDurably(temporary, path);
  } catch (error) {
    await removeTree(temporary);
    throw error;
  }
}

async function writeInPlace(path: string, content: ByteStream): Promise<void> {
  await using file = await open(path, 'w');
  for await (const piece of content) await writeFully(file, piece);
}
