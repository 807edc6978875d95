import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, digestAlgorithm, Digester, isDigest } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { isIndexMediaType, isManifestMediaType, mediaTypes } from '../../oci/media-types.ts';
import { documentLimit } from '../../oci/strict-json.ts';
import { type ServerFailure, wrongAnswer } from '../http/failure.ts';
import type { HttpResponse } from '../http/message.ts';
import { contentType, isWebPage, readWhole, webPage } from '../http/read-json.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { refusalOf, type RepositoryContext } from './context.ts';
import { createTagCheck, type TagCheck } from './current-tag.ts';
import { registryError } from './registry-error.ts';
import type { RemoteManifest, RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';

/** Always all of them: registries answer 404 for what is not in the list, even to `*` + `/*`. */
const accept = [
  mediaTypes.ociIndex,
  mediaTypes.dockerManifestList,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
].join(', ');

/** @see RepositoryClient.manifest */
export async function readManifest(
  context: RepositoryContext,
  reference: string,
  { digest, signal }: RequestOptions & { digest?: Digest } = {},
): Promise<RemoteManifest> {
  const expected = isDigest(reference) ? reference : digest;
  const tag = checkTag(context, expected ?? reference, signal);
  const attempt = async (endpoint: Endpoint): Promise<RemoteManifest> => {
    tag.begin(endpoint);
    const response = await askManifest(context, endpoint, 'GET', reference, signal);
    if (response.status !== 200) throw await registryError(response, refusalOf(context, endpoint, reference));
    const manifest = await checkedManifest(response, expected);
    await tag.confirm(endpoint, manifest.digest);
    return manifest;
  };
  const purpose = context.push ? 'push' : 'pull';
  return await tryEndpoints(context, context.domain, attempt, { purpose, signal });
}

/** @see RepositoryClient.resolve */
export async function resolveManifest(
  context: RepositoryContext,
  reference: string,
  { signal }: RequestOptions = {},
): Promise<Descriptor | undefined> {
  const tag = checkTag(context, reference, signal);
  const attempt = async (endpoint: Endpoint): Promise<Descriptor> => {
    tag.begin(endpoint);
    const descriptor = await describe(endpoint);
    await tag.confirm(endpoint, descriptor.digest);
    return descriptor;
  };
  const describe = async (endpoint: Endpoint): Promise<Descriptor> => {
    const response = await askManifest(context, endpoint, 'HEAD', reference, signal);
    response.discard();
    const descriptor = response.status === 200 ? announced(response, reference) : undefined;
    if (descriptor !== undefined) return descriptor;
    if (response.status === 404 || response.status === 401 || response.status === 429) {
      throw await registryError(response, refusalOf(context, endpoint, reference));
    }
    const full = await askManifest(context, endpoint, 'GET', reference, signal);
    if (full.status !== 200) throw await registryError(full, refusalOf(context, endpoint, reference));
    const manifest = await checkedManifest(full, isDigest(reference) ? reference : undefined);
    return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
  };
  try {
    const purpose = context.push ? 'push' : 'pull';
    return await tryEndpoints(context, context.domain, attempt, { purpose, signal });
  } catch (error) {
    if (error instanceof LamellaError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

function checkTag(context: RepositoryContext, reference: string, signal: AbortSignal | undefined): TagCheck {
  const ask = async (endpoint: Endpoint, signal: AbortSignal): Promise<Digest | undefined> => {
    const response = await askManifest(context, endpoint, 'HEAD', reference, signal);
    response.discard();
    return response.status === 200 ? announced(response, reference)?.digest : undefined;
  };
  return createTagCheck(context, reference, ask, signal);
}

async function askManifest(
  { ask, path, scopes }: RepositoryContext,
  endpoint: Endpoint,
  method: 'GET' | 'HEAD',
  reference: string,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const response = await ask(endpoint, {
    method,
    path: `/v2/${path}/manifests/${reference}`,
    scopes,
    headers: { accept },
    signal,
  });
  if (isWebPage(response) && response.status < 400) {
    response.discard();
    throw webPage(response);
  }
  return response;
}

/** What the head of an answer says, where that is all that is needed. */
function announced(response: HttpResponse, reference: string): Descriptor | undefined {
  const digest = response.header('docker-content-digest') ?? '';
  const mediaType = contentType(response);
  const length = response.header('content-length') ?? '';
  if (!isDigest(digest) || !/^\d{1,9}$/.test(length) || Number(length) > documentLimit) return undefined;
  if (!isManifestMediaType(mediaType) && !isIndexMediaType(mediaType)) return undefined;
  if (isDigest(reference) && reference !== digest) throw digestMismatch(reference, digest);
  return { mediaType, digest, size: Number(length) };
}

async function checkedManifest(
  response: HttpResponse,
  expected: Digest | undefined,
): Promise<RemoteManifest> {
  const bytes = await readWhole(response);
  const said = response.header('docker-content-digest');
  const algorithm = expected === undefined ? 'sha256' : digestAlgorithm(expected);
  const digester = new Digester(algorithm);
  digester.update(bytes);
  const digest = digester.digest();
  if (expected !== undefined && digest !== expected) throw digestMismatch(expected, digest);
  if (said?.startsWith(`${algorithm}:`) === true && said !== digest) throw digestMismatch(said, digest);
  const { mediaType } = parseManifest(bytes, { mediaType: contentType(response) });
  return { digest, mediaType, bytes };
}

function digestMismatch(expected: string, found: string): ServerFailure {
  return wrongAnswer(`manifest verification failed for digest ${expected}: the content has ${found}`, {
    code: 'digest-mismatch',
    hint: 'The server gave another manifest than was asked for.',
  });
}
