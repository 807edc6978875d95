import type { ByteStream } from '../base/streams.ts';
import { ByteReader } from './byte-reader.ts';
import { type BitReader, createBitReader, decodeBlock } from './bzip2-block.ts';
import { corruptCompression, trailingGarbage, truncatedCompression } from './compression-errors.ts';
import type { Progress } from './zlib-stream.ts';

const blockMagic = [0x314159, 0x265359] as const;
const endMagic = [0x177245, 0x385090] as const;

/** More than the longest block can take: 900,000 symbols of 20 bits, 18,002 selectors, 6 tables of codes. */
const longestBlock = 3 << 20;

/**
 * Decompresses bzip2: any number of streams, one after the other, zeros behind them. Checks every block's sum and the
 * whole stream's.
 *
 * @throws LamellaError corrupt `compression-truncated`, `compression-corrupt`, `compression-trailing-garbage`
 */
export async function* decodeBzip2(source: ByteStream, progress: Progress): ByteStream {
  const reader = new ByteReader(source);
  try {
    for (let streams = 0; await anotherStream(reader, streams); streams += 1) {
      const level = (reader.bytes[reader.at + 3] as number) - 0x30;
      reader.at += 4;
      yield* decodeStream(reader, new Uint32Array(level * 100_000), progress);
    }
  } finally {
    await reader.close();
  }
}

async function anotherStream(reader: ByteReader, streams: number): Promise<boolean> {
  const whole = await reader.need(4);
  const text = reader.bytes.toString('latin1', reader.at, Math.min(reader.end, reader.at + 4));
  if (whole && /^BZh[1-9]$/.test(text)) return true;
  if (streams === 0) {
    if (!whole) throw truncatedCompression('bzip2');
    throw corruptCompression('bzip2', 'it does not begin as bzip2 does');
  }
  while (await reader.need(1)) {
    const rest = reader.bytes.subarray(reader.at, reader.end);
    if (rest.some((byte) => byte !== 0)) throw trailingGarbage('bzip2');
    reader.at = reader.end;
  }
  return false;
}

async function* decodeStream(reader: ByteReader, table: Uint32Array, progress: Progress): ByteStream {
  let combined = 0;
  // Blocks begin at any bit: `bit` counts those of the first byte that belong to what came before.
  for (let bit = 0; ;) {
    await reader.need(longestBlock);
    const bits: BitReader = createBitReader(reader.bytes, reader.at, reader.end, bit);
    const magic = [bits.read(24), bits.read(24)];
    if (magic[0] === endMagic[0] && magic[1] === endMagic[1]) {
      const stored = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
      if (bits.overrun) throw truncatedCompression('bzip2');
      if (stored !== combined) throw corruptCompression('bzip2', 'its checksum is wrong');
      reader.at = Math.ceil(bits.position / 8);
      progress.consumed = reader.consumed;
      return;
    }
    if (bits.overrun) throw truncatedCompression('bzip2');
    if (magic[0] !== blockMagic[0] || magic[1] !== blockMagic[1]) {
      throw corruptCompression('bzip2', 'a block does not begin as it should');
    }
    const block = decodeBlock(bits, table);
    reader.at = Math.floor(bits.position / 8);
    bit = bits.position % 8;
    progress.consumed = reader.consumed;
    yield* block.content();
    combined = (((combined << 1) | (combined >>> 31)) ^ block.checksum) >>> 0;
  }
}
