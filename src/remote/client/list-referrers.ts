import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { wrongAnswer } from '../http/failure.ts';
import { contentType, readWhole } from '../http/read-json.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { refusalOf, type RepositoryContext } from './context.ts';
import { nextLink } from './next-link.ts';
import { registryError } from './registry-error.ts';
import type { RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';

const mostPages = 100;

/** @see RepositoryClient.referrers */
export async function listReferrers(
  context: RepositoryContext,
  digest: Digest,
  { signal }: RequestOptions = {},
): Promise<Descriptor[] | undefined> {
  const attempt = async (endpoint: Endpoint): Promise<Descriptor[] | undefined> => {
    const found: Descriptor[] = [];
    let next: string | URL | undefined = `/v2/${context.path}/referrers/${digest}`;
    for (let pages = 0; next !== undefined; pages += 1) {
      const page = await askPage(context, endpoint, next, signal);
      if (page === undefined && endpoint.isMirror) throw unknown(endpoint);
      if (page === undefined) return undefined;
      if (pages === mostPages) throw wrongAnswer(`invalid answer from ${endpoint.url}: its list has no end`);
      found.push(...page.referrers);
      next = page.next;
    }
    return found;
  };
  const purpose = context.push ? 'push' : 'pull';
  return await tryEndpoints(context, context.domain, attempt, { purpose, signal });
}

async function askPage(
  context: RepositoryContext,
  endpoint: Endpoint,
  path: string | URL,
  signal: AbortSignal | undefined,
): Promise<{ referrers: readonly Descriptor[]; next: URL | undefined } | undefined> {
  const { ask, scopes } = context;
  const headers = { accept: mediaTypes.ociIndex };
  const response = await ask(endpoint, { method: 'GET', path, headers, scopes, signal });
  // Who does not know this API says so in many ways.
  const isUnknown = [400, 404, 405, 501].includes(response.status);
  if (isUnknown || (response.status === 200 && contentType(response) !== mediaTypes.ociIndex)) {
    response.discard();
    return undefined;
  }
  if (response.status !== 200) throw await registryError(response, refusalOf(context, endpoint));
  const document = parseManifest(await readWhole(response), { mediaType: mediaTypes.ociIndex });
  const referrers = document.kind === 'index' ? document.manifests : [];
  return { referrers, next: nextLink(response.headers('link'), response.url) };
}

function unknown({ url }: Endpoint): LamellaError {
  return new LamellaError('not-found', `${url} does not list referrers`, { code: 'manifest-unknown' });
}
