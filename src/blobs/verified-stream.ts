import { LamellaError } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import { type Digest, Digester, digestAlgorithm } from '../oci/digest.ts';
import type { ExpectedBlob } from './blob-store.ts';

/** Counts and hashes bytes on their way into the store, and refuses those that were not announced. */
export class IncomingCheck {
  readonly #digester: Digester;
  readonly #expected: ExpectedBlob;

  constructor(expected: ExpectedBlob) {
    this.#expected = expected;
    this.#digester = new Digester(
      expected.digest === undefined ? 'sha256' : digestAlgorithm(expected.digest),
    );
  }

  /** @throws LamellaError invalid `size-mismatch` as soon as there are more bytes than announced */
  update(bytes: Uint8Array): void {
    this.#expected.signal?.throwIfAborted();
    this.#digester.update(bytes);
    const { size } = this.#expected;
    if (size !== undefined && this.#digester.size > size) {
      throw new LamellaError('invalid', `size mismatch: expected ${size} bytes, got more`, {
        code: 'size-mismatch',
      });
    }
  }

  /** @throws LamellaError invalid `size-mismatch`, `digest-mismatch` */
  finish(): { digest: Digest; size: number } {
    const { size } = this.#digester;
    const digest = this.#digester.digest();
    const { digest: expected, size: expectedSize } = this.#expected;
    if (expectedSize !== undefined && size !== expectedSize) {
      throw new LamellaError('invalid', `size mismatch: expected ${expectedSize} bytes, got ${size}`, {
        code: 'size-mismatch',
      });
    }
    if (expected !== undefined && digest !== expected) {
      throw new LamellaError('invalid', `digest mismatch: expected ${expected}, got ${digest}`, {
        code: 'digest-mismatch',
        hint: 'The content was changed on its way; get it again.',
      });
    }
    return { digest, size };
  }
}

/**
 * Passes stored bytes on while checking them. Never gives more than `size` bytes; at the end, instead of the end, raises
 * LamellaError corrupt `blob-corrupt` where digest or size differ.
 */
export async function* verifiedStream(bytes: ByteStream, digest: Digest, size: number): ByteStream {
  const digester = new Digester(digestAlgorithm(digest));
  for await (const piece of bytes) {
    if (digester.size + piece.byteLength > size) throw corruptBlob(digest, `it is longer than ${size} bytes`);
    digester.update(piece);
    yield piece;
  }
  if (digester.size !== size) throw corruptBlob(digest, `it has ${digester.size} bytes instead of ${size}`);
  const found = digester.digest();
  if (found !== digest) throw corruptBlob(digest, `its content hashes to ${found}`);
}

export function corruptBlob(digest: Digest, what: string, cause?: unknown): LamellaError {
  return new LamellaError('corrupt', `blob ${digest} is damaged: ${what}`, {
    code: 'blob-corrupt',
    hint: 'Load or pull the image again: good content replaces what is damaged.',
    cause,
  });
}

export function unknownBlob(digest: Digest): LamellaError {
  return new LamellaError('not-found', `blob unknown to the store: ${digest}`, { code: 'blob-unknown' });
}
