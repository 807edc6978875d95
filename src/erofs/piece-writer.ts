/**
 * Collects bytes that are written forwards, with gaps of zeros, and hands them out in pieces. What was reserved stays
 * writable until the piece is taken.
 */
export class PieceWriter {
  static readonly pieceSize: number = 256 * 1024;
  #buffer: Buffer = Buffer.alloc(2 * PieceWriter.pieceSize);
  /** Position in the file of the buffer's first byte. */
  #start = 0;
  #used = 0;

  /** Bytes from the start of the file. */
  get position(): number {
    return this.#start + this.#used;
  }

  /** Bytes that wait to be taken. */
  get pending(): number {
    return this.#used;
  }

  /** Room for `length` bytes, all zero: write them to `buffer` at `position`. */
  reserve(length: number): { buffer: Buffer; position: number } {
    const position = this.#used;
    const needed = position + length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, position);
      this.#buffer = larger;
    }
    this.#used = needed;
    return { buffer: this.#buffer, position };
  }

  put(bytes: Uint8Array): void {
    const { buffer, position } = this.reserve(bytes.length);
    buffer.set(bytes, position);
  }

  /** Goes on at a later position of the file; what lies between is zero. */
  moveTo(position: number): void {
    if (position < this.position)
      throw new RangeError(`cannot move back from ${this.position} to ${position}`);
    this.reserve(position - this.position);
  }

  /** Bytes that were written and not yet taken, to be looked at and changed. */
  peek(position: number, length: number): Buffer {
    return this.#buffer.subarray(position - this.#start, position - this.#start + length);
  }

  take(): Uint8Array {
    const piece = this.#buffer.subarray(0, this.#used);
    this.#start += this.#used;
    this.#used = 0;
    this.#buffer = Buffer.alloc(2 * PieceWriter.pieceSize);
    return piece;
  }
}
