import { LamellaError } from '../../base/errors.ts';
import { createAuthorizer } from '../auth/authorizer.ts';
import { parseChallenges } from '../auth/challenge.ts';
import { fetchToken } from '../auth/fetch-token.ts';
import { mayHaveCredentials, parseRealm } from '../auth/realm.ts';
import { connectionFailure } from '../http/connection-error.ts';
import { isWebPage, webPage } from '../http/read-json.ts';
import type { HttpResponse } from '../http/message.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import type { ClientContext } from './context.ts';
import { createAskEndpoint } from './endpoint-session.ts';
import { registryError } from './registry-error.ts';
import type { RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';

type Password = { readonly username: string; readonly password: string };

/** @see RegistryClient.login */
export async function logIn(
  context: ClientContext,
  domain: string,
  credential: Password,
  { signal }: RequestOptions = {},
): Promise<{ readonly identityToken?: string }> {
  const { transport, authorizer } = context;
  const attempt = async (endpoint: Endpoint): Promise<{ readonly identityToken?: string }> => {
    const anonymous = createAskEndpoint(transport, noCredentials);
    const first = await anonymous(endpoint, { method: 'GET', path: '/v2/', scopes: [], signal });
    const bearer = parseChallenges(first.headers('www-authenticate')).find(
      ({ scheme }) => scheme === 'bearer',
    );
    const realmText = first.status === 401 ? bearer?.parameters.get('realm') : undefined;
    first.discard();
    if (isWebPage(first)) throw webPage(first);
    const password = { kind: 'password' as const, ...credential };
    if (realmText === undefined) {
      const own = createAuthorizer(transport, { find: async () => password });
      const ask = createAskEndpoint(transport, own);
      const response = await ask(endpoint, { method: 'GET', path: '/v2/', scopes: [], signal });
      return await concluded(response, endpoint, domain, {});
    }
    const realm = parseRealm(realmText, endpoint);
    const registry = new URL(endpoint.url);
    if (!mayHaveCredentials(realm, registry)) throw foreignRealm(realm, registry);
    const sameHost = realm.hostname === registry.hostname;
    const { verify, ca } = endpoint.tls;
    const answer = await fetchToken(transport, {
      realm,
      service: bearer?.parameters.get('service'),
      scopes: [],
      tls: sameHost ? endpoint.tls : { verify, ...(ca && { ca }) },
      credential: password,
      offline: true,
      guarded: !sameHost,
      signal,
    }).catch((error: unknown) => {
      throw refused(endpoint, error);
    });
    const own = createAuthorizer(transport, {
      find: async () => ({ kind: 'registry-token', token: answer.token }),
    });
    const ask = createAskEndpoint(transport, own);
    const response = await ask(endpoint, { method: 'GET', path: '/v2/', scopes: [], signal });
    const { refreshToken } = answer;
    return await concluded(response, endpoint, domain, {
      ...(refreshToken !== undefined && { identityToken: refreshToken }),
    });
  };
  const result = await tryEndpoints(context, domain, attempt, { purpose: 'push', signal });
  authorizer.forget(domain);
  return result;
}

const noCredentials = {
  known: async () => undefined,
  after401: async () => undefined,
  excuse: () => undefined,
  forget: () => {},
};

async function concluded<T>(
  response: HttpResponse,
  endpoint: Endpoint,
  domain: string,
  result: T,
): Promise<T> {
  const { status } = response;
  if (status >= 200 && status < 300) {
    response.discard();
    return result;
  }
  if (status !== 401 && status !== 403) {
    throw await registryError(response, { endpoint, subject: { domain, path: '', purpose: 'push' } });
  }
  response.discard();
  const words = status === 401 ? '401 Unauthorized' : '403 Forbidden';
  throw new LamellaError(
    'unauthorized',
    `login attempt to ${endpoint.url}/v2/ failed with status: ${words}`,
    {
      code: 'registry-unauthorized',
      hint: 'User name or password is wrong.',
    },
  );
}

function refused(endpoint: Endpoint, error: unknown): unknown {
  if (!(error instanceof LamellaError) || error.kind !== 'unauthorized') return error;
  const { message } = connectionFailure(new URL(`${endpoint.url}/v2/`), new Error(error.message));
  return new LamellaError('unauthorized', message, {
    code: error.code,
    hint: 'User name or password is wrong.',
    cause: error,
  });
}

function foreignRealm(realm: URL, registry: URL): LamellaError {
  return new LamellaError(
    'unauthorized',
    `refusing to send the password for ${registry.host} to ${realm.host}, which does not belong to it`,
    {
      code: 'registry-unauthorized',
      hint: 'The registry names a token server of somebody else: do not trust it.',
    },
  );
}
