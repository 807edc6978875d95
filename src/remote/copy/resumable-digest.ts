import { createHash, type Hash } from 'node:crypto';
import { type Digest, digestAlgorithm } from '../../oci/digest.ts';

interface Mark {
  readonly offset: number;
  readonly hash: Hash;
}

/** Bytes between two marks at first; it doubles when there are too many. */
const firstDistance = 8 << 20;
const mostMarks = 64;

/**
 * Hashes a stream that may go back to an earlier byte and be read again from there: what a blob needs whose upload was
 * cut. Every byte that counts for the digest is hashed as it was last sent.
 */
export class ResumableDigest {
  #hash: Hash;
  #offset = 0;
  #marks: Mark[];
  #distance = firstDistance;

  constructor(digest: Digest) {
    this.#hash = createHash(digestAlgorithm(digest));
    this.#marks = [{ offset: 0, hash: this.#hash.copy() }];
  }

  /** Bytes that were hashed. */
  get offset(): number {
    return this.#offset;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#offset += bytes.byteLength;
    const last = this.#marks.at(-1)?.offset ?? 0;
    if (this.#offset - last < this.#distance) return;
    this.#marks.push({ offset: this.#offset, hash: this.#hash.copy() });
    if (this.#marks.length <= mostMarks) return;
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#distance *= 2;
  }

  /** Goes back to a mark that is not behind `start`. @returns the byte from which to read again */
  rewind(start: number): number {
    if (start === this.#offset) return start;
    while (this.#marks.length > 1 && (this.#marks.at(-1)?.offset ?? 0) > start) this.#marks.pop();
    const mark = this.#marks.at(-1) as Mark;
    this.#hash = mark.hash.copy();
    this.#offset = mark.offset;
    return mark.offset;
  }

  hex(): string {
    return this.#hash.copy().digest('hex');
  }
}
