/**
 * Undoes a filter on a piece of content. It may hold back bytes that need what follows them, and gives them with a later
 * piece; with `last` it gives all.
 */
export type XzFilter = (piece: Buffer, last: boolean) => Buffer;

/**
 * The filters of the .xz file format 1.1, section 5.3, in front of LZMA2: delta, and those that turn the absolute jump
 * targets of x86, ARM and ARM64 machine code back into relative ones.
 *
 * @returns undefined for a filter that is not known
 */
export function createFilter(id: number, props: Buffer): XzFilter | undefined {
  if (id === 0x03) return createDelta((props[0] ?? 0) + 1);
  const start = props.byteLength === 4 ? props.readUInt32LE() : 0;
  if (id === 0x04) return createBranchFilter(start, 5, x86());
  if (id === 0x07) return createBranchFilter(start, 4, arm);
  if (id === 0x0a) return createBranchFilter(start, 4, arm64);
  return undefined;
}

function createDelta(distance: number): XzFilter {
  const history = Buffer.alloc(256);
  let position = 0;
  return (piece) => {
    for (let index = 0; index < piece.byteLength; index += 1) {
      const value = ((piece[index] as number) + (history[(position - distance) & 0xff] as number)) & 0xff;
      piece[index] = history[position & 0xff] = value;
      position = (position + 1) & 0xff;
    }
    return piece;
  };
}

/** Converts what it can of `bytes`, of which the first is at `position`. @returns how many bytes are settled */
type Converter = (bytes: Buffer, position: number) => number;

function createBranchFilter(start: number, longest: number, convert: Converter): XzFilter {
  let position = start;
  let held: Buffer = Buffer.alloc(0);
  return (piece, last) => {
    const bytes = held.byteLength === 0 ? piece : Buffer.concat([held, piece]);
    const settled = bytes.byteLength < longest ? 0 : convert(bytes, position);
    const given = last ? bytes.byteLength : settled;
    position = (position + given) >>> 0;
    held = Buffer.from(bytes.subarray(given));
    return bytes.subarray(0, given);
  };
}

const arm: Converter = (bytes, position) => {
  let at = 0;
  for (; at + 4 <= bytes.byteLength; at += 4) {
    if (bytes[at + 3] !== 0xeb) continue;
    const source = bytes.readUIntLE(at, 3) << 2;
    bytes.writeUIntLE(((source - (position + at + 8)) >>> 2) & 0xffffff, at, 3);
  }
  return at;
};

const arm64: Converter = (bytes, position) => {
  let at = 0;
  for (; at + 4 <= bytes.byteLength; at += 4) {
    const place = (position + at) >>> 0;
    const instruction = bytes.readUInt32LE(at);
    if (instruction >>> 26 === 0x25) {
      bytes.writeUInt32LE((0x94000000 | ((instruction - (place >>> 2)) & 0x03ffffff)) >>> 0, at);
    } else if ((instruction & 0x9f000000) >>> 0 === 0x90000000) {
      const source = ((instruction >>> 29) & 3) | ((instruction >>> 3) & 0x1ffffc);
      if (((source + 0x020000) & 0x1c0000) !== 0) continue;
      const target = source - (place >>> 12);
      const high = (target & 0x3fffc) << 3;
      const sign = -(target & 0x20000) & 0xe00000;
      bytes.writeUInt32LE(((instruction & 0x9000001f) | ((target & 3) << 29) | high | sign) >>> 0, at);
    }
  }
  return at;
};

/** After the x86 filter of LZMA SDK: remembers which of the bytes before a jump looked like the begin of one. */
function x86(): Converter {
  const allowed = [true, true, true, false, true, false, false, false];
  const bitNumber = [0, 1, 2, 2, 3, 3, 3, 3];
  let previousMask = 0;
  return (bytes, position) => {
    let previous = -1;
    let at = 0;
    const end = bytes.byteLength - 4;
    for (; at < end; at += 1) {
      if (((bytes[at] as number) & 0xfe) !== 0xe8) continue;
      const gap = at - previous;
      if (gap > 3) previousMask = 0;
      else {
        previousMask = (previousMask << (gap - 1)) & 7;
        if (previousMask !== 0) {
          const byte = bytes[at + 4 - (bitNumber[previousMask] as number)] as number;
          if (!allowed[previousMask] || byte === 0 || byte === 0xff) {
            previous = at;
            previousMask = (previousMask << 1) | 1;
            continue;
          }
        }
      }
      previous = at;
      const high = bytes[at + 4] as number;
      if (high === 0 || high === 0xff) {
        let source = bytes.readUInt32LE(at + 1);
        let target: number;
        for (;;) {
          target = (source - (position + at + 5)) >>> 0;
          if (previousMask === 0) break;
          const shift = (bitNumber[previousMask] as number) * 8;
          const byte = (target >>> (24 - shift)) & 0xff;
          if (byte !== 0 && byte !== 0xff) break;
          source = (target ^ (2 ** (32 - shift) - 1)) >>> 0;
        }
        target &= 0x01ffffff;
        bytes.writeUInt32LE((target | -(target & 0x01000000)) >>> 0, at + 1);
        at += 4;
      } else previousMask = (previousMask << 1) | 1;
    }
    const gap = at - previous;
    previousMask = gap > 3 ? 0 : previousMask << (gap - 1);
    return at;
  };
}
