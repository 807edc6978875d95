import { crc32 } from 'node:zlib';
import { LamellaError } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import { ByteReader } from './byte-reader.ts';
import {
  corruptCompression,
  trailingGarbage,
  truncatedCompression,
  windowTooLarge,
} from './compression-errors.ts';
import { Lzma2Decoder } from './lzma2.ts';
import { checkLength, createCheck } from './xz-check.ts';
import { createFilter, type XzFilter } from './xz-filters.ts';
import type { Progress } from './zlib-stream.ts';

/** The bytes of a stream's blocks, as its index must list them. */
interface Totals {
  blocks: number;
  stored: number;
  content: number;
}

/**
 * Decompresses .xz (file format 1.1): any number of streams, with padding between and behind them. Verifies every
 * checksum and the index.
 *
 * @throws LamellaError corrupt `compression-truncated`, `compression-corrupt`, `compression-trailing-garbage`; invalid
 *   `compression-window`; unsupported `compression-unsupported` for a filter other than delta and those of x86 and ARM
 */
export async function* decodeXz(source: ByteStream, progress: Progress, maxWindow: number): ByteStream {
  const reader = new ByteReader(source);
  try {
    for (let streams = 0; await anotherStream(reader, streams); streams += 1) {
      yield* decodeStream(reader, progress, maxWindow);
    }
  } finally {
    await reader.close();
  }
}

const headerMagic = Buffer.from('\xfd7zXZ\0', 'latin1');
const headerSize = 12;

async function need(reader: ByteReader, count: number): Promise<Buffer> {
  if (!(await reader.need(count))) throw truncatedCompression('xz');
  return reader.bytes.subarray(reader.at, reader.at + count);
}

async function anotherStream(reader: ByteReader, streams: number): Promise<boolean> {
  if (streams > 0) {
    while ((await reader.need(4)) && reader.bytes.readUInt32LE(reader.at) === 0) reader.at += 4;
    if (!(await reader.need(1))) return false;
  }
  const known = (await reader.need(headerMagic.byteLength))
    ? reader.bytes.subarray(reader.at, reader.at + headerMagic.byteLength).equals(headerMagic)
    : false;
  if (known) return true;
  if (streams > 0) throw trailingGarbage('xz');
  if (reader.end - reader.at < headerMagic.byteLength) throw truncatedCompression('xz');
  throw corruptCompression('xz', 'it does not begin as xz does');
}

async function* decodeStream(reader: ByteReader, progress: Progress, maxWindow: number): ByteStream {
  const header = await need(reader, headerSize);
  const flags = header.readUInt16BE(6);
  if (crc32(header.subarray(6, 8)) !== header.readUInt32LE(8) || flags > 0xf) throw corrupt('its header');
  reader.at += headerSize;
  const totals: Totals = { blocks: 0, stored: 0, content: 0 };
  for (;;) {
    const size = ((await need(reader, 1))[0] as number) * 4 + 4;
    if (size === 4) break; // the index begins with 0
    yield* decodeBlock(reader, await need(reader, size), flags, { progress, maxWindow, totals });
  }
  const indexSize = await readIndex(reader, totals);
  const footer = await need(reader, headerSize);
  const valid =
    crc32(footer.subarray(4, 10)) === footer.readUInt32LE(0) &&
    footer.readUInt32LE(4) * 4 + 4 === indexSize &&
    footer.readUInt16BE(8) === flags &&
    footer.toString('latin1', 10) === 'YZ';
  if (!valid) throw corrupt('its footer');
  reader.at += headerSize;
  progress.consumed = reader.consumed;
}

async function* decodeBlock(
  reader: ByteReader,
  header: Buffer,
  check: number,
  { progress, maxWindow, totals }: { progress: Progress; maxWindow: number; totals: Totals },
): ByteStream {
  const plan = parseBlockHeader(header, maxWindow);
  reader.at += header.byteLength;
  const begin = reader.consumed;
  const sum = createCheck(check);
  const decoder = new Lzma2Decoder(plan.dictionarySize);
  const filters = plan.filters;
  let content = 0;
  for (;;) {
    const control = (await need(reader, 1))[0] as number;
    const last = control === 0;
    let piece: Buffer = Buffer.alloc(0);
    if (last) reader.at += 1;
    else {
      piece = Buffer.from(await decodeChunk(reader, decoder, control));
      progress.consumed = reader.consumed;
    }
    for (const filter of filters) piece = filter(piece, last);
    sum.update(piece);
    content += piece.byteLength;
    if (piece.byteLength > 0) yield piece;
    if (last) break;
  }
  const stored = reader.consumed - begin;
  if (plan.stored !== undefined && plan.stored !== stored) throw corrupt('the size of a block');
  if (plan.content !== undefined && plan.content !== content) throw corrupt('the size of a block');
  const padding = -stored & 3;
  const tail = await need(reader, padding + checkLength(check));
  if (tail.subarray(0, padding).some((byte) => byte !== 0)) throw corrupt('the padding of a block');
  if (!sum.matches(tail.subarray(padding))) throw corrupt('the checksum of a block');
  reader.at += tail.byteLength;
  totals.blocks += 1;
  totals.stored += header.byteLength + stored + checkLength(check);
  totals.content += content;
}

async function decodeChunk(reader: ByteReader, decoder: Lzma2Decoder, control: number): Promise<Buffer> {
  const isLzma = control >= 0x80;
  const head = await need(reader, isLzma ? 5 : 3);
  const size = (isLzma ? (control & 0x1f) << 16 : 0) + head.readUInt16BE(1) + 1;
  const data = isLzma ? head.readUInt16BE(3) + 1 + (control >= 0xc0 ? 1 : 0) : size;
  await need(reader, head.byteLength + data);
  const from = reader.at + head.byteLength;
  const piece = decoder.decode(control, size, reader.bytes, from, from + data);
  reader.at = from + data;
  return piece;
}

interface BlockPlan {
  readonly stored: number | undefined;
  readonly content: number | undefined;
  readonly dictionarySize: number;
  /** In the order in which decoded bytes pass them. */
  readonly filters: readonly XzFilter[];
}

function parseBlockHeader(header: Buffer, maxWindow: number): BlockPlan {
  const end = header.byteLength - 4;
  if (crc32(header.subarray(0, end)) !== header.readUInt32LE(end)) throw corrupt('the header of a block');
  const flags = header[1] as number;
  if ((flags & 0x3c) !== 0) throw corrupt('the header of a block');
  const cursor = { at: 2 };
  const body = header.subarray(0, end);
  const stored = (flags & 0x40) === 0 ? undefined : readVli(body, cursor);
  const content = (flags & 0x80) === 0 ? undefined : readVli(body, cursor);
  const filters: XzFilter[] = [];
  let dictionarySize = 0;
  for (let left = flags & 3; left >= 0; left -= 1) {
    const id = readVli(body, cursor);
    const size = readVli(body, cursor);
    const props = body.subarray(cursor.at, cursor.at + size);
    if (props.byteLength !== size) throw corrupt('the header of a block');
    cursor.at += size;
    if ((id === 0x21) !== (left === 0)) throw unsupportedFilter(id);
    if (id === 0x21) dictionarySize = lzma2Dictionary(props);
    else filters.unshift(createFilter(id, props) ?? refuse(unsupportedFilter(id)));
  }
  if (body.subarray(cursor.at).some((byte) => byte !== 0)) throw corrupt('the header of a block');
  if (dictionarySize > maxWindow) throw windowTooLarge('xz', dictionarySize, maxWindow);
  return { stored, content, dictionarySize, filters };
}

function lzma2Dictionary(props: Uint8Array): number {
  const bits = props[0] ?? 41;
  if (props.byteLength !== 1 || bits > 40) throw corrupt('the header of a block');
  return bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
}

/** Variable-length integers of 7 bits a byte, the lowest first (section 1.2). */
function readVli(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 63; shift += 7) {
    const byte = bytes[cursor.at];
    if (byte === undefined) throw corrupt('a number');
    cursor.at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      if (!Number.isSafeInteger(value) || (byte === 0 && shift > 0)) throw corrupt('a number');
      return value;
    }
  }
  throw corrupt('a number');
}

/** Reads the index and holds it against what was decoded. @returns its size in bytes */
async function readIndex(reader: ByteReader, totals: Totals): Promise<number> {
  let size = 0;
  let sum = 0;
  const take = (count: number): void => {
    sum = crc32(reader.bytes.subarray(reader.at, reader.at + count), sum);
    reader.at += count;
    size += count;
  };
  const number = async (): Promise<number> => {
    await reader.need(9);
    const cursor = { at: 0 };
    const window = reader.bytes.subarray(reader.at, Math.min(reader.end, reader.at + 9));
    if (window.byteLength < 9 && !window.some((byte) => byte < 0x80)) throw truncatedCompression('xz');
    const value = readVli(window, cursor);
    take(cursor.at);
    return value;
  };
  take(1);
  const seen: Totals = { blocks: await number(), stored: 0, content: 0 };
  if (seen.blocks !== totals.blocks) throw corrupt('its index');
  for (let index = 0; index < seen.blocks; index += 1) {
    seen.stored += await number();
    seen.content += await number();
  }
  const padding = -size & 3;
  if ((await need(reader, padding)).some((byte) => byte !== 0)) throw corrupt('its index');
  take(padding);
  const stored = (await need(reader, 4)).readUInt32LE();
  if (stored !== sum || seen.stored !== totals.stored || seen.content !== totals.content)
    throw corrupt('its index');
  reader.at += 4;
  return size + 4;
}

function corrupt(what: string): LamellaError {
  return corruptCompression('xz', `${what} is wrong`);
}

function unsupportedFilter(id: number): LamellaError {
  return new LamellaError('unsupported', `xz: filter ${id} is not supported`, {
    code: 'compression-unsupported',
    hint: 'Decompress the file with the xz program, and use the result.',
  });
}

function refuse(error: Error): never {
  throw error;
}
