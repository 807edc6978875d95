import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type ImageIndex, type ImageManifest, parseManifest } from '../../oci/manifest.ts';
import type { RemoteManifest, RepositoryClient, RequestOptions } from '../client/repository.ts';

/** A document of a registry, as bytes and as what they say. */
export interface ReadManifest<Document extends ImageManifest | ImageIndex = ImageManifest | ImageIndex> {
  readonly remote: RemoteManifest;
  readonly document: Document;
}

/**
 * Fetches what a tag or digest names.
 *
 * @throws LamellaError invalid `document-invalid`, also where its own media type is not the one that the server
 *   announces; unsupported `manifest-unsupported`; those of {@link RepositoryClient.manifest}
 */
export async function readManifest(
  repository: RepositoryClient,
  reference: string,
  options: RequestOptions = {},
): Promise<ReadManifest> {
  const remote = await repository.manifest(reference, options);
  return { remote, document: parseManifest(remote.bytes, { mediaType: remote.mediaType }) };
}

/**
 * Fetches what an entry of an index describes, and holds it to that description.
 *
 * @throws LamellaError invalid `size-mismatch` | `document-invalid`, and those of {@link readManifest}
 */
export async function readDescribed(
  repository: RepositoryClient,
  descriptor: Descriptor,
  options: RequestOptions = {},
): Promise<ReadManifest> {
  const read = await readManifest(repository, descriptor.digest, options);
  const { bytes } = read.remote;
  if (bytes.byteLength !== descriptor.size) {
    throw new LamellaError(
      'invalid',
      `manifest ${descriptor.digest} has ${bytes.byteLength} bytes, but its index says ${descriptor.size}`,
      { code: 'size-mismatch' },
    );
  }
  if (descriptor.mediaType !== '' && descriptor.mediaType !== read.document.mediaType) {
    throw new LamellaError(
      'invalid',
      `manifest ${descriptor.digest} is ${read.document.mediaType}, but its index says ${descriptor.mediaType}`,
      { code: 'document-invalid' },
    );
  }
  return read;
}
