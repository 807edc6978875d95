import { collectBytes, streamOf } from '../../src/base/streams.ts';
import { LamellaError } from '../../src/base/errors.ts';
import { type Digest, digestOf } from '../../src/oci/digest.ts';
import type { RepositoryClient } from '../../src/remote/client/repository.ts';
import type { RegistryContent } from './fake-registry/content.ts';

/** A repository without a network, for tests of what is done with one. Honest: what it gives is what it has. */
export function memoryRepository(
  content: RegistryContent,
  path: string,
  domain = 'registry.test',
): RepositoryClient {
  const blobOf = (digest: string): Buffer => {
    const bytes = content.repositories.get(path)?.blobs.get(digest);
    if (bytes === undefined) throw unknown('blob-unknown', 'blob unknown to registry');
    return bytes;
  };
  const find = (reference: string): { digest: Digest; mediaType: string; bytes: Buffer } | undefined =>
    content.manifest(path, reference) as { digest: Digest; mediaType: string; bytes: Buffer } | undefined;
  return {
    domain,
    path,
    async resolve(reference) {
      const found = find(reference);
      return found && { digest: found.digest, mediaType: found.mediaType, size: found.bytes.byteLength };
    },
    async manifest(reference) {
      const found = find(reference);
      if (found === undefined) throw unknown('manifest-unknown', 'manifest unknown');
      return found;
    },
    async blob({ digest }, { start = 0, end } = {}) {
      return { start, bytes: streamOf(blobOf(digest).subarray(start, end)), reject: () => undefined };
    },
    document: async ({ digest }) => blobOf(digest),
    async *tags() {
      yield* content.repository(path).tags.keys();
    },
    referrers: async () => undefined,
    hasBlob: async (digest) => content.repository(path).blobs.has(digest),
    async mountBlob(digest, from) {
      const bytes = content.repositories.get(from)?.blobs.get(digest);
      if (bytes !== undefined) content.putBlob(path, bytes);
      return bytes !== undefined;
    },
    async uploadBlob({ digest, size }, open, { onProgress } = {}) {
      const bytes = await collectBytes(open(0), size);
      if (digestOf(bytes) !== digest) throw new Error('the registry was sent a wrong blob');
      content.putBlob(path, bytes);
      onProgress?.(size);
    },
    putManifest: async (reference, bytes, mediaType) =>
      content.putManifest(path, bytes, mediaType, reference.includes(':') ? undefined : reference),
  };
}

function unknown(code: string, message: string): LamellaError {
  return new LamellaError('not-found', message, { code });
}
