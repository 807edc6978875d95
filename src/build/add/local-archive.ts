import { isLamellaError } from '../../base/errors.ts';
import type { ByteStream } from '../../base/streams.ts';
import type { LowerEntry } from '../../layers/lower-view.ts';
import { decompress } from '../../tar/compression.ts';
import { unpackedType } from '../copy/member-type.ts';
import { TarScanner } from '../../tar/scanner.ts';

const piece = 1 << 20;
/** As much of the beginning as tells whether it is an archive: compression works in blocks of up to this size. */
const beginning = 1 << 20;

/** The bytes of a file in a layer or a folder, from the beginning. */
export async function* contentOf(entry: LowerEntry, end: number = entry.status.size): ByteStream {
  for (let at = 0; at < end; at += piece) {
    const bytes = entry.read(at, Math.min(piece, end - at));
    if (bytes.byteLength === 0) return;
    yield bytes;
  }
}

/** Whether ADD unpacks a file: a tar with at least one member, compressed in any of the known ways or not (Dockerfile reference, ADD). */
export async function isArchive(entry: LowerEntry): Promise<boolean> {
  if (unpackedType(entry.status.mode) !== 'file') return false;
  const end = Math.min(entry.status.size, beginning);
  let found = false;
  const scanner = new TarScanner({ entry: () => void (found = true) });
  try {
    for await (const bytes of decompress(contentOf(entry, end))) {
      scanner.write(bytes);
      if (found) return true;
    }
  } catch (error) {
    // It ends early since we read no further, or it is something else.
    if (!isLamellaError(error)) throw error;
  }
  return found;
}
