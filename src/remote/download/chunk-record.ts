/** Bytes of a chunk: what a request that dies may have to be asked for again is much less, see {@link ChunkRecord}. */
export const chunkSize: number = 4 << 20;

/** A run of bytes, `start` to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Which bytes of a file are here: for each chunk, how many from its start. Kept beside the file as one little-endian
 * 32-bit number for each chunk, so that another process can go on.
 */
export class ChunkRecord {
  readonly size: number;
  /** As it stands in the file. */
  readonly bytes: Buffer;
  readonly #claimed = new Set<number>();
  #frontierChunk = 0;

  /** @param saved what an earlier process left; anything that cannot be right counts as nothing */
  constructor(size: number, saved?: Buffer) {
    this.size = size;
    const length = Math.ceil(size / chunkSize) * 4;
    this.bytes = saved?.byteLength === length ? Buffer.from(saved) : Buffer.alloc(length);
    for (let chunk = 0; chunk < this.#count; chunk += 1) {
      if (this.#valid(chunk) > this.#lengthOf(chunk)) this.#setValid(chunk, 0);
    }
  }

  /** Bytes that are here. */
  get received(): number {
    let sum = 0;
    for (let chunk = 0; chunk < this.#count; chunk += 1) sum += this.#valid(chunk);
    return sum;
  }

  /** All bytes before this one are here. */
  get frontier(): number {
    while (this.#frontierChunk < this.#count && this.#isWhole(this.#frontierChunk)) this.#frontierChunk += 1;
    if (this.#frontierChunk === this.#count) return this.size;
    return this.#frontierChunk * chunkSize + this.#valid(this.#frontierChunk);
  }

  /**
   * The first run of missing bytes that nobody has claimed, which is claimed by that. At most `chunks` long, and never
   * across bytes that are here.
   */
  claim(chunks: number): ByteRange | undefined {
    let first = 0;
    while (first < this.#count && !this.#isFree(first)) first += 1;
    if (first === this.#count) return undefined;
    let after = first + 1;
    while (after < Math.min(first + chunks, this.#count) && this.#isFree(after) && this.#valid(after) === 0)
      after += 1;
    for (let chunk = first; chunk < after; chunk += 1) this.#claimed.add(chunk);
    return { start: first * chunkSize + this.#valid(first), end: Math.min(after * chunkSize, this.size) };
  }

  release({ start, end }: ByteRange): void {
    for (let chunk = Math.floor(start / chunkSize); chunk * chunkSize < end; chunk += 1)
      this.#claimed.delete(chunk);
  }

  /**
   * Notes that bytes were written. Only what continues the bytes of a chunk counts.
   *
   * @returns which part of {@link bytes} changed
   */
  add({ start, end }: ByteRange): ByteRange {
    const first = Math.floor(start / chunkSize);
    let chunk = first;
    for (; chunk * chunkSize < end; chunk += 1) {
      const base = chunk * chunkSize;
      const valid = this.#valid(chunk);
      if (base + valid < start) continue;
      this.#setValid(chunk, Math.max(valid, Math.min(end, base + this.#lengthOf(chunk)) - base));
    }
    return { start: first * 4, end: chunk * 4 };
  }

  get #count(): number {
    return this.bytes.byteLength / 4;
  }

  #isFree(chunk: number): boolean {
    return !this.#claimed.has(chunk) && !this.#isWhole(chunk);
  }

  #isWhole(chunk: number): boolean {
    return this.#valid(chunk) === this.#lengthOf(chunk);
  }

  #lengthOf(chunk: number): number {
    return Math.min(chunkSize, this.size - chunk * chunkSize);
  }

  #valid(chunk: number): number {
    return this.bytes.readUInt32LE(chunk * 4);
  }

  #setValid(chunk: number, valid: number): void {
    this.bytes.writeUInt32LE(valid, chunk * 4);
  }
}
