import { formatTarHeader, tarPadding, tarTrailer } from '../../src/tar/writer.ts';
import { toByteString } from '../../src/base/byte-string.ts';

/** A root file system as a tar archive: the one executable `/name`, and a `/tmp` to write to. */
export function rootWithProgram(name: string, program: Uint8Array): Buffer {
  const mtime = { seconds: 0, nanoseconds: 0 };
  return Buffer.concat([
    formatTarHeader({ type: 'directory', path: toByteString('tmp/'), mode: 0o1777, mtime }),
    formatTarHeader({ type: 'file', path: toByteString(name), mode: 0o755, size: program.byteLength, mtime }),
    program,
    tarPadding(program.byteLength),
    tarTrailer,
  ]);
}
