import { createHash, type Hash } from 'node:crypto';
import { LamellaError } from '../base/errors.ts';

/** `algorithm:hex`, checked. Only {@link parseDigest} and the hashing functions below make one. */
export type Digest = string & { readonly __digest: unique symbol };

const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/**
 * Checks a digest as the OCI Image Specification (descriptor.md, "Digests") writes it, for the registered algorithms
 * sha256 and sha512. Upper case, other lengths and unknown algorithms are refused, so that a digest may become part of
 * a path.
 *
 * @throws LamellaError invalid `digest-invalid`
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new LamellaError('invalid', `invalid digest format: ${JSON.stringify(text.slice(0, 200))}`, {
    code: 'digest-invalid',
    hint: 'A digest is sha256: and 64 characters out of 0-9a-f.',
  });
}

export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':');
  const length = hexLengths[text.slice(0, colon)];
  return (
    length !== undefined && text.length === colon + 1 + length && /^[0-9a-f]+$/.test(text.slice(colon + 1))
  );
}

export function digestAlgorithm(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'));
}

export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The sha256 digest of bytes that are at hand as a whole. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Hashes bytes as they flow by. */
export class Digester {
  readonly #algorithm: string;
  readonly #hash: Hash;
  #size = 0;

  constructor(algorithm = 'sha256') {
    if (hexLengths[algorithm] === undefined) throw new Error(`no such digest algorithm: ${algorithm}`);
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /** Bytes seen so far. */
  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): void {
    this.#size += bytes.byteLength;
    this.#hash.update(bytes);
  }

  /** The digest of all bytes seen; ends the use of this object. */
  digest(): Digest {
    return `${this.#algorithm}:${this.#hash.digest('hex')}` as Digest;
  }
}
