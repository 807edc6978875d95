import type { ByteStream } from '../../base/streams.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';

/**
 * One repository of a registry, over the OCI Distribution API. Reading asks the mirrors first and goes on to the next
 * server where one fails or gives wrong content; writing goes to the registry itself. Every call follows the rules of
 * the room: credentials only where they belong, 429 and 5xx asked again after a while, redirects without credentials.
 *
 * Errors, all LamellaError: not-found `manifest-unknown` | `blob-unknown` | `repository-unknown`, unauthorized
 * `registry-unauthorized`, forbidden `registry-denied`, unavailable `registry-unavailable` | `registry-rate-limited`,
 * invalid `registry-answer-invalid` | `digest-mismatch` | `size-mismatch`, cancelled. Messages are worded as Docker's.
 */
export interface RepositoryClient {
  /** Domain and path as in a reference. */
  readonly domain: string;
  readonly path: string;

  /**
   * What a tag or digest names, by HEAD (which Docker Hub does not count as a pull), by GET where that does not say.
   * Undefined where there is none.
   * Who opened the repository to push to it gets the word of the registry itself, no mirror's.
   */
  resolve(reference: string, options?: RequestOptions): Promise<Descriptor | undefined>;
  /**
   * A manifest or an index, at most 4 MiB, its digest checked where the reference is one or `digest` says it.
   *
   * @param reference a tag or a digest
   */
  manifest(reference: string, options?: RequestOptions & { digest?: Digest }): Promise<RemoteManifest>;
  /**
   * The bytes of a blob from `start` to before `end`, not checked: a range cannot be. Never more than `descriptor.size`
   * in all. Whoever finds them wrong calls {@link RemoteBlob.reject}, and asks again: another server answers then.
   */
  blob(
    descriptor: Pick<Descriptor, 'digest' | 'size' | 'urls'>,
    options?: RequestOptions & { start?: number; end?: number },
  ): Promise<RemoteBlob>;
  /** A whole small blob, checked by size and digest: configs. At most 4 MiB. */
  document(descriptor: Pick<Descriptor, 'digest' | 'size'>, options?: RequestOptions): Promise<Buffer>;
  /** In the registry's order, which is not always sorted; follows Link headers. */
  tags(options?: RequestOptions): AsyncIterable<string>;

  /**
   * Manifests whose subject is this one: signatures, attestations. Undefined where the registry does not know this API.
   * That what is listed does refer to it is the registry's word.
   */
  referrers(digest: Digest, options?: RequestOptions): Promise<Descriptor[] | undefined>;

  /** Whether the registry itself (no mirror) has the blob in this repository. */
  hasBlob(digest: Digest, options?: RequestOptions): Promise<boolean>;
  /** Asks for a blob of another repository of the same registry; true where it is in this one now. */
  mountBlob(digest: Digest, fromPath: string, options?: RequestOptions): Promise<boolean>;
  /**
   * Sends a blob in one request where the server lets it; `open` is asked again, from the byte where the server stands,
   * when a connection is cut.
   */
  uploadBlob(
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    open: (start: number) => ByteStream,
    options?: RequestOptions & { onProgress?: (sent: number) => void },
  ): Promise<void>;
  /** @returns the digest under which the registry has it, which is that of the bytes */
  putManifest(
    reference: string,
    bytes: Uint8Array,
    mediaType: string,
    options?: RequestOptions,
  ): Promise<Digest>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface RemoteManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface RemoteBlob {
  /** Offset of the first byte that comes: 0 where the server does not know ranges, whatever was asked for. */
  readonly start: number;
  readonly bytes: ByteStream;
  /** Lets the server that sent this be asked last from now on. */
  reject(reason: string): void;
}

/** Opens repositories; connections, tokens and what was learned of servers are shared by all of them. */
export interface RegistryClient extends AsyncDisposable {
  /** @param access what tokens are asked for; a push needs to pull from where it mounts as well */
  repository(
    name: { readonly domain: string; readonly path: string },
    options?: { access?: 'pull' | 'push'; mountFrom?: readonly string[] },
  ): RepositoryClient;
  /**
   * Checks a credential, as `docker login` does: asks `/v2/`, and the token server that it names.
   *
   * @returns what to keep: an identity token where the server gave one
   * @throws LamellaError unauthorized `registry-unauthorized`
   */
  login(
    domain: string,
    credential: { readonly username: string; readonly password: string },
    options?: RequestOptions,
  ): Promise<{ readonly identityToken?: string }>;
  /** JSON from the registry outside of `/v2/`: search APIs. Follows the same rules; at most 4 MiB. */
  json(
    domain: string,
    path: string,
    options?: RequestOptions & { headers?: Readonly<Record<string, string>> },
  ): Promise<{ readonly status: number; readonly body: unknown; readonly link?: string }>;
}
