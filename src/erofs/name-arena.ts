import type { ByteString } from '../base/byte-string.ts';

const chunkBits = 20;
const chunkSize = 1 << chunkBits;

/**
 * Many short byte strings in few large buffers: a name costs its bytes and nothing else, where a JavaScript string costs
 * 20 bytes more and may keep alive the long path it was cut from. A reference is a 32-bit number; the length is kept by
 * whoever keeps the reference. No string may be longer than 1 MiB.
 */
export class NameArena {
  readonly #chunks: Buffer[] = [];
  #used = chunkSize;

  add(text: ByteString): number {
    if (this.#used + text.length > chunkSize) {
      this.#chunks.push(Buffer.allocUnsafeSlow(chunkSize));
      this.#used = 0;
    }
    const index = this.#chunks.length - 1;
    const at = this.#used;
    this.#chunk(index).write(text, at, 'latin1');
    this.#used += text.length;
    return ((index << chunkBits) | at) >>> 0;
  }

  copy(reference: number, length: number, target: Buffer, position: number): void {
    const at = reference & (chunkSize - 1);
    this.#chunk(reference >>> chunkBits).copy(target, position, at, at + length);
  }

  byte(reference: number, index: number): number {
    return this.#chunk(reference >>> chunkBits)[(reference & (chunkSize - 1)) + index] ?? 0;
  }

  text(reference: number, length: number): ByteString {
    const at = reference & (chunkSize - 1);
    return this.#chunk(reference >>> chunkBits).toString('latin1', at, at + length) as ByteString;
  }

  equals(reference: number, text: ByteString): boolean {
    const chunk = this.#chunk(reference >>> chunkBits);
    const at = reference & (chunkSize - 1);
    for (let i = 0; i < text.length; i++) if (chunk[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #chunk(index: number): Buffer {
    const chunk = this.#chunks[index];
    if (chunk === undefined) throw new RangeError(`no name at chunk ${index}`);
    return chunk;
  }
}
