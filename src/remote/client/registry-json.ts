import { parseStrictJson } from '../../oci/strict-json.ts';
import { isWebPage, readWhole, webPage } from '../http/read-json.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import type { ClientContext } from './context.ts';
import { registryError } from './registry-error.ts';
import type { RegistryClient, RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';

const refusals: ReadonlySet<number> = new Set([401, 403, 408, 429]);

/** @see RegistryClient.json Statuses of refusals and of servers in trouble are errors; others are told. */
export async function askJson(
  context: ClientContext,
  domain: string,
  path: string,
  { headers, signal }: RequestOptions & { headers?: Readonly<Record<string, string>> } = {},
): ReturnType<RegistryClient['json']> {
  const attempt = async (endpoint: Endpoint): ReturnType<RegistryClient['json']> => {
    const response = await context.ask(endpoint, {
      method: 'GET',
      path,
      scopes: [],
      headers: { accept: 'application/json', ...headers },
      signal,
    });
    const { status } = response;
    if (refusals.has(status) || status >= 500) {
      const subject = { domain, path: '', purpose: 'push' as const };
      throw await registryError(response, { endpoint, subject, excuse: context.authorizer.excuse(endpoint) });
    }
    if (isWebPage(response)) {
      response.discard();
      if (status === 200) throw webPage(response);
      return { status, body: undefined };
    }
    const bytes = await readWhole(response);
    const link = response.header('link');
    return { status, body: jsonOf(bytes, status), ...(link !== undefined && { link }) };
  };
  return await tryEndpoints(context, domain, attempt, { purpose: 'push', signal });
}

/** What comes with an error need not be JSON. */
function jsonOf(bytes: Buffer, status: number): unknown {
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    if (status < 400) throw error;
    return undefined;
  }
}
