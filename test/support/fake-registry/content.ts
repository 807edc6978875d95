import { type Digest, digestOf } from '../../../src/oci/digest.ts';

interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** What one repository has. */
export interface FakeRepository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
}

/** The repositories of a fake registry, for tests to fill, change and look at. */
export class RegistryContent {
  readonly repositories: Map<string, FakeRepository> = new Map();

  repository(path: string): FakeRepository {
    const known = this.repositories.get(path);
    if (known !== undefined) return known;
    const made = { blobs: new Map(), manifests: new Map(), tags: new Map() };
    this.repositories.set(path, made);
    return made;
  }

  putBlob(path: string, content: Uint8Array | string): Digest {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    this.repository(path).blobs.set(digest, bytes);
    return digest;
  }

  /** @param tag none to have it by its digest only */
  putManifest(path: string, bytes: Uint8Array | string, mediaType: string, tag?: string): Digest {
    const stored = { mediaType, bytes: Buffer.from(bytes) };
    const digest = digestOf(stored.bytes);
    const repository = this.repository(path);
    repository.manifests.set(digest, stored);
    if (tag !== undefined) repository.tags.set(tag, digest);
    return digest;
  }

  /** By tag or digest. */
  manifest(path: string, reference: string): (StoredManifest & { digest: string }) | undefined {
    const repository = this.repositories.get(path);
    const digest = repository?.tags.get(reference) ?? reference;
    const stored = repository?.manifests.get(digest);
    return stored && { ...stored, digest };
  }
}
