import { corruptIndex } from './corrupt-index.ts';

/** Bytes of an index, wherever they are. */
export interface ErofsSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; the reader asks for nothing beyond the end, and changes nothing. */
  read(offset: number, length: number): Uint8Array;
}

/** An index that is in memory as a whole. */
export function memorySource(bytes: Uint8Array): ErofsSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

const pageSize = 64 * 1024;
const maxPages = 32;

/**
 * The same bytes, read in pages of 64 KiB of which the last 32 are kept: inodes and names are small and stand together.
 * Reading beyond the end raises LamellaError corrupt `index-truncated`.
 */
export class PagedSource {
  readonly size: number;
  readonly #source: ErofsSource;
  readonly #pages = new Map<number, Buffer>();

  constructor(source: ErofsSource) {
    this.#source = source;
    this.size = source.size;
  }

  read(offset: number, length: number): Buffer {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw corruptIndex('index-truncated', `it ends before byte ${offset + length}`);
    }
    const number = Math.floor(offset / pageSize);
    const within = offset - number * pageSize;
    if (within + length > pageSize) return this.#fetch(offset, length);
    return this.#page(number).subarray(within, within + length);
  }

  #page(number: number): Buffer {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const start = number * pageSize;
    const page = this.#fetch(start, Math.min(pageSize, this.size - start));
    if (this.#pages.size >= maxPages) {
      for (const oldest of this.#pages.keys()) {
        this.#pages.delete(oldest);
        break;
      }
    }
    this.#pages.set(number, page);
    return page;
  }

  #fetch(offset: number, length: number): Buffer {
    const bytes = this.#source.read(offset, length);
    if (bytes.length !== length)
      throw corruptIndex('index-truncated', `it ends before byte ${offset + length}`);
    return Buffer.from(bytes.buffer, bytes.byteOffset, length);
  }
}
