import { corruptCompression, truncatedCompression } from './compression-errors.ts';

/** Bits of a byte array, the highest of each byte first. Reading past the end gives zeros and sets `overrun`. */
export interface BitReader {
  read(count: number): number;
  /** The next `count` bits without taking them. */
  peek(count: number): number;
  skip(count: number): void;
  /** The bit that comes next, from the array's start. */
  readonly position: number;
  readonly overrun: boolean;
}

/** @param bit bits to leave out of the byte at `start` */
export function createBitReader(bytes: Uint8Array, start: number, end: number, bit: number): BitReader {
  let at = start;
  let hold = 0;
  let held = 0;
  const fill = (count: number): void => {
    while (held < count) {
      hold = (hold << 8) | (at < end ? (bytes[at] as number) : 0);
      at += 1;
      held += 8;
    }
  };
  const reader: BitReader = {
    read(count) {
      fill(count);
      held -= count;
      return (hold >>> held) & ((1 << count) - 1);
    },
    peek(count) {
      fill(count);
      return (hold >>> (held - count)) & ((1 << count) - 1);
    },
    skip(count) {
      held -= count;
    },
    get position() {
      return at * 8 - held;
    },
    get overrun() {
      return at * 8 - held > end * 8;
    },
  };
  reader.read(bit);
  return reader;
}

export interface Bzip2Block {
  /** The checksum that the block carries; `content` throws when its own differs. */
  readonly checksum: number;
  content(): Generator<Uint8Array>;
}

/**
 * Decodes a block behind its magic number.
 *
 * @param table working memory, as long as a block may be before its first run-length coding is undone; in use until
 *   `content` has ended
 */
export function decodeBlock(bits: BitReader, table: Uint32Array): Bzip2Block {
  const checksum = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
  if (bits.read(1) === 1)
    throw corruptCompression('bzip2', 'a block is randomised, which no bzip2 since 0.9.5 does');
  const origin = bits.read(24);
  const symbols = readAlphabet(bits);
  const codes = readCodes(bits, symbols.length + 2);
  const size = decodeSymbols(bits, symbols, codes, table);
  if (bits.overrun) throw truncatedCompression('bzip2');
  if (origin >= size) throw corruptCompression('bzip2', 'a block begins behind its end');
  return { checksum, content: () => undoTransform(table, size, origin, checksum) };
}

function readAlphabet(bits: BitReader): Uint8Array {
  const groups = bits.read(16);
  const symbols: number[] = [];
  for (let group = 0; group < 16; group += 1) {
    if (((groups >> (15 - group)) & 1) === 0) continue;
    const members = bits.read(16);
    for (let index = 0; index < 16; index += 1) {
      if (((members >> (15 - index)) & 1) === 1) symbols.push(group * 16 + index);
    }
  }
  if (symbols.length === 0) throw broken(bits, 'a block uses no byte');
  return Uint8Array.from(symbols);
}

const groupSize = 50;
const maxLength = 20;

interface Codes {
  readonly selectors: Uint8Array;
  readonly tables: readonly Uint32Array[];
}

function readCodes(bits: BitReader, alphabet: number): Codes {
  const tableCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (tableCount < 2 || tableCount > 6 || selectorCount === 0)
    throw broken(bits, 'a block has no usable codes');
  const order = Array.from({ length: tableCount }, (_, index) => index);
  const selectors = new Uint8Array(selectorCount);
  for (let index = 0; index < selectorCount; index += 1) {
    let rank = 0;
    while (bits.read(1) === 1) {
      rank += 1;
      if (rank >= tableCount) throw broken(bits, 'a selector is out of range');
    }
    const [table] = order.splice(rank, 1);
    order.unshift(table as number);
    selectors[index] = table as number;
  }
  const tables = order.map(() => readTable(bits, alphabet));
  return { selectors, tables };
}

/** A table over all of the next 20 bits would not fit a cache: 10 bits are looked up, longer codes are searched. */
const fastBits = 10;

/**
 * A code as one array: 1024 entries of (symbol << 5 | length) by the next 10 bits, 0 where the code is longer; then for each
 * length 0–20 the first code behind it, aligned to 20 bits, and the offset from a code to its place in the list of
 * symbols; then that list.
 */
function readTable(bits: BitReader, alphabet: number): Uint32Array {
  const lengths = new Uint8Array(alphabet);
  let length = bits.read(5);
  for (let symbol = 0; symbol < alphabet; symbol += 1) {
    for (;;) {
      if (length < 1 || length > maxLength) throw broken(bits, 'a code is too long');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const table = new Uint32Array(listAt + alphabet);
  let code = 0;
  let place = 0;
  for (let size = 1; size <= maxLength; size += 1) {
    table[offsetAt + size] = (place - code) >>> 0;
    for (let symbol = 0; symbol < alphabet; symbol += 1) {
      if (lengths[symbol] !== size) continue;
      if (code >= 1 << size) throw broken(bits, 'its codes overlap');
      if (size <= fastBits) {
        const first = code << (fastBits - size);
        table.fill((symbol << 5) | size, first, first + (1 << (fastBits - size)));
      }
      table[listAt + place] = symbol;
      place += 1;
      code += 1;
    }
    table[limitAt + size] = code << (maxLength - size);
    code <<= 1;
  }
  return table;
}

const limitAt = 1 << fastBits;
const offsetAt = limitAt + maxLength + 1;
const listAt = offsetAt + maxLength + 1;

function readSymbol(bits: BitReader, table: Uint32Array): number {
  const window = bits.peek(maxLength);
  const fast = table[window >> (maxLength - fastBits)] as number;
  if (fast !== 0) {
    bits.skip(fast & 31);
    return fast >> 5;
  }
  for (let size = fastBits + 1; size <= maxLength; size += 1) {
    if (window < (table[limitAt + size] as number)) {
      bits.skip(size);
      const place = ((window >> (maxLength - size)) + (table[offsetAt + size] as number)) >>> 0;
      return table[listAt + place] as number;
    }
  }
  throw broken(bits, 'a code is unknown');
}

/** Undoes Huffman, second run-length and move-to-front coding into `table`. @returns how many bytes that gave */
function decodeSymbols(
  bits: BitReader,
  symbols: Uint8Array,
  { selectors, tables }: Codes,
  table: Uint32Array,
): number {
  const maxSize = table.length;
  const recent = Uint8Array.from(symbols);
  const endSymbol = symbols.length + 1;
  let size = 0;
  let run = 0;
  let weight = 1;
  for (let group = 0; ; group += 1) {
    const codes = tables[selectors[group] ?? -1];
    if (codes === undefined) throw broken(bits, 'a block has too few selectors');
    for (let index = 0; index < groupSize; index += 1) {
      const symbol = readSymbol(bits, codes);
      if (symbol <= 1) {
        run += weight << symbol;
        weight *= 2;
        if (run > maxSize) throw broken(bits, 'a block is too long');
        continue;
      }
      if (run > 0) {
        if (size + run > maxSize) throw broken(bits, 'a block is too long');
        table.fill(recent[0] as number, size, size + run);
        size += run;
        run = 0;
        weight = 1;
      }
      if (symbol === endSymbol) return size;
      if (size >= maxSize) throw broken(bits, 'a block is too long');
      const byte = recent[symbol - 1] as number;
      recent.copyWithin(1, 0, symbol - 1);
      recent[0] = byte;
      table[size] = byte;
      size += 1;
    }
  }
}

const pieceSize = 1 << 18;

/** Undoes the Burrows–Wheeler transform and the first run-length coding, piece by piece. */
function* undoTransform(
  table: Uint32Array,
  size: number,
  origin: number,
  expected: number,
): Generator<Uint8Array> {
  linkBytes(table, size);
  const walk = createWalk(table, size, (table[origin] as number) >>> 8);
  while (walk.left > 0) {
    const piece = Buffer.allocUnsafeSlow(pieceSize);
    const filled = fillPiece(walk, piece);
    if (walk.left === 0 && ~walk.crc >>> 0 !== expected) {
      throw corruptCompression('bzip2', 'the checksum of a block is wrong');
    }
    yield piece.subarray(0, filled);
  }
}

/** Puts into the high bits of each entry where the byte after the one in its low bits is found. */
function linkBytes(table: Uint32Array, size: number): void {
  const places = new Uint32Array(257);
  for (let index = 0; index < size; index += 1) {
    const after = ((table[index] as number) & 0xff) + 1;
    places[after] = (places[after] as number) + 1;
  }
  for (let byte = 1; byte < 256; byte += 1)
    places[byte] = (places[byte] as number) + (places[byte - 1] as number);
  for (let index = 0; index < size; index += 1) {
    const byte = (table[index] as number) & 0xff;
    const place = places[byte] as number;
    places[byte] = place + 1;
    table[place] = (table[place] as number) | (index << 8);
  }
}

/** Where the walk through a block's links is. */
interface Walk {
  readonly table: Uint32Array;
  next: number;
  left: number;
  previous: number;
  /** How many of the bytes last given were equal. */
  equal: number;
  crc: number;
}

function createWalk(table: Uint32Array, left: number, next: number): Walk {
  return { table, next, left, previous: -1, equal: 0, crc: -1 };
}

/** Fills a piece, undoing runs: four equal bytes are followed by how many more there are. @returns the bytes in it */
function fillPiece(walk: Walk, piece: Uint8Array): number {
  const { table } = walk;
  const enough = piece.byteLength - 255;
  let { next, left, previous, equal, crc } = walk;
  let filled = 0;
  while (left > 0 && filled < enough) {
    const entry = table[next] as number;
    const byte = entry & 0xff;
    next = entry >>> 8;
    left -= 1;
    if (equal === 4) {
      for (const end = filled + byte; filled < end; filled += 1) {
        piece[filled] = previous;
        crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ previous] as number);
      }
      equal = 0;
      previous = -1;
      continue;
    }
    equal = byte === previous ? equal + 1 : 1;
    previous = byte;
    piece[filled] = byte;
    filled += 1;
    crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ byte] as number);
  }
  walk.next = next;
  walk.left = left;
  walk.previous = previous;
  walk.equal = equal;
  walk.crc = crc;
  return filled;
}

/** CRC-32 with the highest bit first, unlike zlib's. */
const crcTable: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

function broken(bits: BitReader, reason: string): Error {
  return bits.overrun ? truncatedCompression('bzip2') : corruptCompression('bzip2', reason);
}
