import type { ByteStream } from '../base/streams.ts';

/** Bytes of a stream gathered so that a decoder finds as many in one piece as it needs at a time. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** What is at hand: `bytes` from `at` up to `end`. The decoder moves `at`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 17);
  at = 0;
  end = 0;
  /** Bytes of the stream in front of `bytes[0]`. */
  #before = 0;
  #ended = false;

  constructor(stream: ByteStream) {
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  /** Bytes of the stream taken so far. */
  get consumed(): number {
    return this.#before + this.at;
  }

  /** Gathers `count` bytes, or all that are left. @returns whether there are that many */
  async need(count: number): Promise<boolean> {
    while (this.end - this.at < count && !this.#ended) {
      const { value: chunk, done } = await this.#iterator.next();
      if (done === true) this.#ended = true;
      else this.#append(chunk, count);
    }
    return this.end - this.at >= count;
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#iterator.return?.();
  }

  #append(chunk: Uint8Array, count: number): void {
    const held = this.end - this.at;
    if (this.end + chunk.byteLength > this.bytes.byteLength) {
      const room = Math.max(count, held + chunk.byteLength);
      const bytes = room > this.bytes.byteLength ? Buffer.allocUnsafeSlow(room * 2) : this.bytes;
      this.bytes.copy(bytes, 0, this.at, this.end);
      this.bytes = bytes;
      this.#before += this.at;
      this.at = 0;
      this.end = held;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.byteLength;
  }
}
