import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A checksum of a block's content (.xz file format 1.1, section 2.1.1.2). */
export interface XzCheck {
  update(bytes: Uint8Array): void;
  matches(stored: Uint8Array): boolean;
}

/** Bytes that the check of a type takes, of unknown types too. */
export function checkLength(type: number): number {
  return type === 0 ? 0 : 4 << Math.floor((type - 1) / 3);
}

/** CRC-32, CRC-64 and SHA-256; what other types say is not looked at, as the xz program does. */
export function createCheck(type: number): XzCheck {
  if (type === 1) return createCrc32();
  if (type === 4) return createCrc64();
  if (type === 10) return createSha256();
  return { update: () => {}, matches: () => true };
}

function createCrc32(): XzCheck {
  let sum = 0;
  return {
    update: (bytes) => {
      sum = crc32(bytes, sum);
    },
    matches: (stored) => Buffer.from(stored).readUInt32LE() === sum,
  };
}

function createSha256(): XzCheck {
  const hash = createHash('sha256');
  return {
    update: (bytes) => void hash.update(bytes),
    matches: (stored) => hash.digest().equals(stored),
  };
}

/** In two halves of 32 bits: BigInt would take a hundred times as long. */
function createCrc64(): XzCheck {
  const { low: lowTable, high: highTable } = makeCrc64Tables();
  let low = -1;
  let high = -1;
  return {
    update: (bytes) => {
      let lowSum = low;
      let highSum = high;
      for (let index = 0; index < bytes.byteLength; index += 1) {
        const entry = (lowSum ^ (bytes[index] as number)) & 0xff;
        lowSum = ((lowSum >>> 8) | (highSum << 24)) ^ (lowTable[entry] as number);
        highSum = (highSum >>> 8) ^ (highTable[entry] as number);
      }
      low = lowSum;
      high = highSum;
    },
    matches: (stored) => {
      const expected = Buffer.from(stored);
      return expected.readInt32LE(0) === ~low && expected.readInt32LE(4) === ~high;
    },
  };
}

/** ECMA-182, reflected: 0xC96C5795D7870F42. Made at each start of a command that loads this, so in halves as well. */
function makeCrc64Tables(): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(256);
  const high = new Int32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let lowSum = byte;
    let highSum = 0;
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = lowSum & 1;
      lowSum = (lowSum >>> 1) | (highSum << 31);
      highSum >>>= 1;
      if (carry === 1) {
        lowSum ^= 0xd7870f42;
        highSum ^= 0xc96c5795;
      }
    }
    low[byte] = lowSum;
    high[byte] = highSum;
  }
  return { low, high };
}
