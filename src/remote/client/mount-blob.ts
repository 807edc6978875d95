import { isLamellaError } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { refusalOf, type RepositoryContext } from './context.ts';
import { registryError } from './registry-error.ts';
import type { RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';
import { cancelUpload, sessionOf, type UploadSession } from './upload-session.ts';

/** @see RepositoryClient.hasBlob */
export async function hasBlob(
  context: RepositoryContext,
  digest: Digest,
  { signal }: RequestOptions = {},
): Promise<boolean> {
  const { ask, path, scopes, domain } = context;
  const attempt = async (endpoint: Endpoint): Promise<boolean> => {
    const response = await ask(endpoint, {
      method: 'HEAD',
      path: `/v2/${path}/blobs/${digest}`,
      scopes,
      signal,
    });
    response.discard();
    if (response.status === 200) return true;
    if (response.status === 404) return false;
    throw await registryError(response, refusalOf(context, endpoint));
  };
  return await tryEndpoints(context, domain, attempt, { purpose: 'push', signal });
}

/**
 * A registry that does not mount has begun an upload instead, which is kept for {@link RepositoryContext.sessions}.
 *
 * @see RepositoryClient.mountBlob
 */
export async function mountBlob(
  context: RepositoryContext,
  digest: Digest,
  fromPath: string,
  { signal }: RequestOptions = {},
): Promise<boolean> {
  const { ask, path, scopes, domain, sessions } = context;
  const attempt = async (endpoint: Endpoint): Promise<boolean | UploadSession> => {
    const query = new URLSearchParams({ mount: digest, from: fromPath });
    const response = await ask(endpoint, {
      method: 'POST',
      path: `/v2/${path}/blobs/uploads/?${query.toString()}`,
      scopes,
      headers: { 'content-length': '0' },
      signal,
    });
    if (response.status === 201) {
      response.discard();
      return true;
    }
    if (response.status === 202) return sessionOf(response, endpoint);
    const error = await registryError(response, refusalOf(context, endpoint));
    if (isLamellaError(error, 'unavailable')) throw error;
    return false;
  };
  const result = await tryEndpoints(context, domain, attempt, { purpose: 'push', signal });
  if (typeof result === 'boolean') return result;
  const other = sessions.get(digest);
  sessions.set(digest, result);
  if (other !== undefined) await cancelUpload(context, other, signal);
  return false;
}
