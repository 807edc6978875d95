import { streamOf } from '../../base/streams.ts';
import { type Digest, digestAlgorithm, Digester, isDigest } from '../../oci/digest.ts';
import { wrongAnswer } from '../http/failure.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { refusalOf, type RepositoryContext } from './context.ts';
import { registryError } from './registry-error.ts';
import type { RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';

/** @see RepositoryClient.putManifest */
export async function putManifest(
  context: RepositoryContext,
  reference: string,
  bytes: Uint8Array,
  mediaType: string,
  { signal }: RequestOptions = {},
): Promise<Digest> {
  const { domain, path, ask, scopes } = context;
  const algorithm = isDigest(reference) ? digestAlgorithm(reference) : 'sha256';
  const digester = new Digester(algorithm);
  digester.update(bytes);
  const digest = digester.digest();
  const attempt = async (endpoint: Endpoint): Promise<Digest> => {
    const response = await ask(endpoint, {
      method: 'PUT',
      path: `/v2/${path}/manifests/${reference}`,
      scopes,
      headers: { 'content-type': mediaType },
      body: { size: bytes.byteLength, open: () => streamOf(bytes) },
      signal,
    });
    if (response.status < 200 || response.status > 299) {
      throw await registryError(response, refusalOf(context, endpoint));
    }
    response.discard();
    const said = response.header('docker-content-digest');
    if (said?.startsWith(`${algorithm}:`) === true && said !== digest) {
      throw wrongAnswer(
        `${response.url.host} has stored another manifest than was sent: ${said} instead of ${digest}`,
        {
          code: 'digest-mismatch',
        },
      );
    }
    return digest;
  };
  return await tryEndpoints(context, domain, attempt, { purpose: 'push', signal });
}
