import { crc32 } from 'node:zlib';

/** Bytes of the tar that one checksum covers. */
const sumsChunkSize = 64 << 10;

const magic = 'lamsums1';
const headerSize = 16;

/**
 * The file `sums` of a layer: a CRC-32 for each 64 KiB of the tar. A layer's digest says whether the tar is as it should be;
 * these say where it is not. They protect against decay, not against people.
 *
 *     0   magic `lamsums1`
 *     8   chunk size in bytes, 32 bits
 *     12  CRC-32 of all that follows
 *     16  CRC-32 of each chunk, 32 bits each (all little-endian)
 */
export class ChunkSums {
  readonly #sums: number[] = [];
  #current = 0;
  #filled = 0;

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const length = Math.min(sumsChunkSize - this.#filled, bytes.byteLength - at);
      this.#current = crc32(bytes.subarray(at, at + length), this.#current);
      this.#filled += length;
      at += length;
      if (this.#filled === sumsChunkSize) this.#close();
    }
  }

  /** The checksums, one for each chunk; ends the use of this object. */
  finish(): readonly number[] {
    if (this.#filled > 0) this.#close();
    return this.#sums;
  }

  #close(): void {
    this.#sums.push(this.#current);
    this.#current = 0;
    this.#filled = 0;
  }
}

export function formatSums(sums: readonly number[]): Buffer {
  const bytes = Buffer.alloc(headerSize + 4 * sums.length);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(sumsChunkSize, 8);
  sums.forEach((sum, index) => bytes.writeUInt32LE(sum, headerSize + 4 * index));
  bytes.writeUInt32LE(crc32(bytes.subarray(headerSize)), 12);
  return bytes;
}

/** Undefined where the file itself is damaged or of another kind. */
export function parseSums(bytes: Buffer): number[] | undefined {
  if (bytes.byteLength < headerSize || bytes.toString('latin1', 0, 8) !== magic) return undefined;
  const body = bytes.subarray(headerSize);
  if (bytes.readUInt32LE(8) !== sumsChunkSize || bytes.readUInt32LE(12) !== crc32(body)) return undefined;
  return Array.from({ length: body.byteLength >>> 2 }, (_, index) => body.readUInt32LE(4 * index));
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The parts of the tar, in bytes, whose checksums differ; neighbours are joined. */
export function differingRanges(expected: readonly number[], found: readonly number[]): ByteRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (let index = 0; index < Math.max(expected.length, found.length); index += 1) {
    if (expected[index] === found[index]) continue;
    const start = index * sumsChunkSize;
    const last = ranges.at(-1);
    if (last?.end === start) last.end += sumsChunkSize;
    else ranges.push({ start, end: start + sumsChunkSize });
  }
  return ranges;
}
