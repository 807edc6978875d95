import { blockSize, parseNumber } from './block.ts';
import type { SparseRun } from './entry.ts';
import { parseDecimal, type PaxRecord } from './pax.ts';
import { ambiguousTar, badHeader, tarLimit } from './tar-errors.ts';

/** Offsets and lengths in turn, as every format of a sparse map lists them. */
export type SparseNumbers = number[];

function decimal(text: string): number {
  const value = parseDecimal(text);
  if (value === undefined) throw badHeader('a sparse map holds something that is not a number');
  return value;
}

/** Formats 0.0 (repeated records, in order) and 0.1 (one record) of GNU tar's sparse files. */
export function sparseNumbersOf(records: readonly PaxRecord[]): SparseNumbers {
  const numbers: SparseNumbers = [];
  for (const [key, value] of records) {
    if (key === 'GNU.sparse.map') return value === '' ? [] : value.split(',').map(decimal);
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      if ((numbers.length % 2 === 0) !== (key === 'GNU.sparse.offset'))
        throw badHeader('its sparse map is out of order');
      numbers.push(decimal(value));
    }
  }
  return numbers;
}

/**
 * Adds what a block of the old GNU format holds: 4 runs in a header (`start` 386), 21 in an extension block (`start` 0).
 *
 * @returns whether an extension block follows
 */
export function addOldSparse(
  numbers: SparseNumbers,
  block: Uint8Array,
  start: number,
  count: number,
): boolean {
  for (let index = 0; index < count; index += 1) {
    const at = start + index * 24;
    if (block[at + 12] === 0) break;
    numbers.push(parseNumber(block, at, 12), parseNumber(block, at + 12, 12));
  }
  return block[start + count * 24] !== 0;
}

/** Format 1.0: decimal numbers, each on its line, in blocks in front of the content: the count of runs, then the runs. */
export class SparseMapReader {
  readonly #limit: number;
  readonly #numbers: SparseNumbers = [];
  #count: number | undefined;
  #tail = '';
  #bytes = 0;

  /** @param limit most bytes that the map may take */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes taken so far, a multiple of 512. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next block. @returns the map when it is complete */
  add(block: Buffer): SparseNumbers | undefined {
    this.#bytes += blockSize;
    if (this.#bytes > this.#limit)
      throw tarLimit('tar-header-too-large', `a sparse map is larger than ${this.#limit} bytes`);
    const lines = (this.#tail + block.toString('latin1', 0, blockSize)).split('\n');
    this.#tail = lines.pop() ?? '';
    for (const line of lines) {
      if (this.#complete()) break;
      if (this.#count === undefined) this.#count = decimal(line);
      else this.#numbers.push(decimal(line));
    }
    if (this.#complete()) return this.#numbers;
    if (this.#tail.length > 32) throw badHeader('a sparse map holds something that is not a number');
    return undefined;
  }

  #complete(): boolean {
    return this.#count !== undefined && this.#numbers.length >= this.#count * 2;
  }
}

/**
 * Checks a map: runs in order, within the file, together as long as what is stored. Empty runs, with which GNU tar marks
 * a hole at the end, are left out.
 *
 * @throws LamellaError corrupt `tar-header-invalid`; invalid `tar-ambiguous` for a run that ends within a block while
 *   another follows: GNU tar then expects padding in between, all others do not
 */
export function checkSparse(numbers: SparseNumbers, size: number, storedSize: number): SparseRun[] {
  if (numbers.length % 2 !== 0) throw badHeader('its sparse map has an odd count of numbers');
  const runs: SparseRun[] = [];
  let position = 0;
  let stored = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const offset = numbers[index] as number;
    const length = numbers[index + 1] as number;
    if (offset < position || length < 0 || offset + length > size)
      throw badHeader('its sparse map does not fit the file');
    position = offset + length;
    if (length === 0) continue;
    if (stored % blockSize !== 0) throw ambiguousTar('a run of a sparse file ends within a block');
    stored += length;
    runs.push({ offset, length });
  }
  if (stored !== storedSize) throw badHeader('its sparse map does not fit the stored content');
  return runs;
}
