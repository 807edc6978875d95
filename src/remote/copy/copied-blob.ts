import { isLamellaError, LamellaError } from '../../base/errors.ts';
import type { ByteStream } from '../../base/streams.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestHex } from '../../oci/digest.ts';
import type { RepositoryClient, RequestOptions } from '../client/repository.ts';
import { ResumableDigest } from './resumable-digest.ts';

/** How often a connection may break without a byte having come. */
const patience = 4;

/**
 * A blob as it comes from its registry, for an upload that may ask for it again from any byte. Its size and digest are
 * checked while it flows: the last piece is not given before they are right, so a wrong blob never becomes complete.
 *
 * @throws LamellaError invalid `size-mismatch` | `digest-mismatch`, and those of {@link RepositoryClient.blob}
 */
export function openCopiedBlob(
  repository: RepositoryClient,
  descriptor: Descriptor,
  options: RequestOptions,
): (start: number) => ByteStream {
  const digest = new ResumableDigest(descriptor.digest);
  return async function* open(start) {
    let skip = start - digest.rewind(start);
    for await (const piece of blobFrom(repository, descriptor, digest, options)) {
      const kept = piece.subarray(Math.min(skip, piece.byteLength));
      skip -= piece.byteLength - kept.byteLength;
      if (kept.byteLength > 0) yield kept;
    }
  };
}

/** The rest of the blob from where the digest stands. */
async function* blobFrom(
  repository: RepositoryClient,
  descriptor: Descriptor,
  digest: ResumableDigest,
  options: RequestOptions,
): ByteStream {
  if (descriptor.size === 0 && digest.offset === 0) demandDigest(digest, descriptor, () => undefined);
  let failures = 0;
  while (digest.offset < descriptor.size) {
    const before = digest.offset;
    try {
      yield* oneAnswer(repository, descriptor, digest, options);
      if (digest.offset < descriptor.size) throw cutShort(descriptor);
    } catch (error) {
      if (!isLamellaError(error, 'unavailable') || options.signal?.aborted === true) throw error;
      failures = digest.offset > before ? 0 : failures + 1;
      if (failures >= patience) throw error;
    }
  }
}

/** What one request brings. */
async function* oneAnswer(
  repository: RepositoryClient,
  descriptor: Descriptor,
  digest: ResumableDigest,
  options: RequestOptions,
): ByteStream {
  const blob = await repository.blob(descriptor, { ...options, start: digest.offset });
  let known = digest.offset - blob.start;
  for await (const bytes of blob.bytes) {
    const piece = bytes.subarray(Math.min(known, bytes.byteLength));
    known -= bytes.byteLength - piece.byteLength;
    if (piece.byteLength === 0) continue;
    digest.update(piece);
    if (digest.offset > descriptor.size) {
      const message = `blob ${descriptor.digest} is larger than its ${descriptor.size} bytes`;
      blob.reject(message);
      throw new LamellaError('invalid', message, { code: 'size-mismatch' });
    }
    if (digest.offset === descriptor.size) demandDigest(digest, descriptor, (reason) => blob.reject(reason));
    yield piece;
  }
}

function demandDigest(
  digest: ResumableDigest,
  descriptor: Descriptor,
  reject: (reason: string) => void,
): void {
  if (digest.hex() === digestHex(descriptor.digest)) return;
  const message = `blob ${descriptor.digest} does not have the content that its digest says`;
  reject(message);
  throw new LamellaError('invalid', message, { code: 'digest-mismatch' });
}

function cutShort({ digest, size }: Descriptor): LamellaError {
  return new LamellaError('unavailable', `blob ${digest} ended before its ${size} bytes had come`, {
    code: 'registry-unavailable',
  });
}
