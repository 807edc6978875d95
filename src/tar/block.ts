import { byteString, type ByteString } from '../base/byte-string.ts';
import { badHeader } from './tar-errors.ts';

/** Everything in a tar archive begins on a multiple of this many bytes. */
export const blockSize = 512;

/** Bytes from the end of content of `size` bytes to the next block. */
export function paddingLength(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

export function isZeroBlock(block: Uint8Array): boolean {
  for (let index = 0; index < blockSize; index += 1) if (block[index] !== 0) return false;
  return true;
}

const checksumStart = 148;
const checksumLength = 8;

/** The sum of a header's bytes, its own checksum field counted as spaces (POSIX.1-2017, pax, "ustar Interchange Format"). */
export function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < blockSize; index += 1) sum += block[index] as number;
  for (let index = checksumStart; index < checksumStart + checksumLength; index += 1) {
    sum += 0x20 - (block[index] as number);
  }
  return sum;
}

/** Whether a header carries its own checksum. Old writers summed signed characters; their archives count as well. */
export function hasValidChecksum(block: Uint8Array): boolean {
  const stored = parseNumber(block, checksumStart, checksumLength);
  const sum = checksum(block);
  if (stored === sum) return true;
  let high = 0;
  for (let index = 0; index < blockSize; index += 1) if ((block[index] as number) > 127) high += 1;
  return stored === sum - 256 * high;
}

/** The bytes of a field up to its first NUL. */
export function parseText(block: Uint8Array, start: number, length: number): ByteString {
  let end = start;
  while (end < start + length && block[end] !== 0) end += 1;
  return byteString(block.subarray(start, end));
}

/**
 * A numeric field: octal digits after blanks, ended by a blank, a NUL or the field's end; or GNU's base-256, big-endian
 * two's complement marked by the first bit. An empty field is 0, as every reader but GNU tar takes it.
 *
 * @throws LamellaError corrupt `tar-header-invalid` for anything else, and for what is not exact as a number
 */
export function parseNumber(block: Uint8Array, start: number, length: number): number {
  const end = start + length;
  const first = block[start] as number;
  if (first & 0x80) return parseBase256(block, start, end);
  let index = start;
  if (first === 0) index += 1; // left by writers whose previous field ran over
  while (index < end && block[index] === 0x20) index += 1;
  let value = 0;
  for (; index < end; index += 1) {
    const digit = (block[index] as number) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (index < end && block[index] !== 0 && block[index] !== 0x20) {
    throw badHeader('a number of its header is not octal');
  }
  return value;
}

function parseBase256(block: Uint8Array, start: number, end: number): number {
  const first = block[start] as number;
  const negative = (first & 0x40) !== 0;
  const flip = negative ? 0xff : 0;
  let value = (first ^ flip) & 0x3f;
  for (let index = start + 1; index < end; index += 1)
    value = value * 256 + ((block[index] as number) ^ flip);
  if (value >= Number.MAX_SAFE_INTEGER) throw badHeader('a number of its header is out of range');
  return negative ? -value - 1 : value;
}
