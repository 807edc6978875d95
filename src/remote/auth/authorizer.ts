import { isLamellaError, LamellaError } from '../../base/errors.ts';
import type { Credential, CredentialSource } from '../credentials/credential.ts';
import { connectionFailure } from '../http/connection-error.ts';
import type { Transport } from '../http/transport.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { basicOf, fetchToken } from './fetch-token.ts';
import { mayHaveCredentials, parseRealm } from './realm.ts';
import { isHeaderSafe } from './token-answer.ts';
import { createTokenCache } from './token-cache.ts';

/** A value of the header `Authorization`. */
interface Authorization {
  readonly value: string;
  /** It was had for this very request: another one of its kind would be refused as well. */
  readonly isFresh: boolean;
}

interface AuthorizeOptions {
  /** What the request needs, as token servers write it: `repository:library/ubuntu:pull`. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Knows how each server wants to be asked, and has tokens and credentials for it. */
export interface Authorizer {
  /** What an earlier answer of this server has shown to be needed; undefined for nothing. */
  known(endpoint: Endpoint, options: AuthorizeOptions): Promise<Authorization | undefined>;
  /**
   * After a 401: what to ask with next; undefined where nothing better is at hand.
   *
   * @param challenges headers `WWW-Authenticate`
   * @throws LamellaError unauthorized `registry-unauthorized`; ServerFailure of the token server
   */
  after401(
    endpoint: Endpoint,
    challenges: readonly string[],
    used: Authorization | undefined,
    options: AuthorizeOptions,
  ): Promise<Authorization | undefined>;
  /** Why nothing was better, where that is no fault of the server. */
  excuse(endpoint: Endpoint): string | undefined;
  /** Credentials may have changed. */
  forget(domain: string): void;
}

type Scheme =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; realm: URL; service: string | undefined };

export function createAuthorizer(transport: Transport, credentials: CredentialSource): Authorizer {
  const schemes = new Map<string, Scheme>();
  const found = new Map<string, Promise<Credential | undefined>>();
  const tokens = createTokenCache();
  const rotated = new Map<string, string>();
  const excuses = new Map<string, string>();
  /** What servers wanted beyond what we ask for of ourselves. */
  const wider = new Map<string, readonly string[]>();

  const credentialOf = async (
    { credentialsOf }: Endpoint,
    scopes: readonly string[],
  ): Promise<Credential | undefined> => {
    const path = repositoryOf(scopes);
    const key = `${credentialsOf}/${path ?? ''}`;
    let credential = found.get(key);
    if (credential === undefined) {
      credential = credentials.find(credentialsOf, path);
      found.set(key, credential);
    }
    return await credential;
  };
  const forget = (domain: string): void => {
    for (const key of found.keys()) if (key.startsWith(`${domain}/`)) found.delete(key);
  };

  const keyOf = (endpoint: Endpoint, scopes: readonly string[]): string =>
    JSON.stringify([endpoint.url, endpoint.credentialsOf, scopes]);

  const tokenFor = async (
    endpoint: Endpoint,
    { realm, service }: Extract<Scheme, { kind: 'bearer' }>,
    { scopes, signal }: AuthorizeOptions,
  ): Promise<string> => {
    const registry = new URL(endpoint.url);
    const all = await credentialOf(endpoint, scopes);
    if (all?.kind === 'registry-token') return all.token;
    const belongs = mayHaveCredentials(realm, registry);
    if (all !== undefined && !belongs) excuses.set(endpoint.url, withheld(realm, registry));
    const kept = belongs ? all : undefined;
    const newer = kept?.kind === 'identity-token' ? rotated.get(kept.token) : undefined;
    const credential =
      kept?.kind === 'identity-token' && newer !== undefined ? { ...kept, token: newer } : kept;
    const sameHost = realm.hostname === registry.hostname;
    const { verify, ca } = endpoint.tls;
    const tls = sameHost ? endpoint.tls : { verify, ...(ca && { ca }) };
    const fetch = async () => {
      const answer = await fetchToken(transport, {
        realm,
        service,
        scopes,
        tls,
        credential,
        guarded: !sameHost,
      });
      if (kept?.kind === 'identity-token' && answer.refreshToken !== undefined) {
        rotated.set(kept.token, answer.refreshToken);
      }
      return answer;
    };
    try {
      return await tokens.get(keyOf(endpoint, scopes), fetch, signal);
    } catch (error) {
      if (!isLamellaError(error, 'unauthorized')) throw error;
      forget(endpoint.credentialsOf);
      throw refusal(
        endpoint,
        error,
        excuses.get(endpoint.url) ?? credentials.problem?.(endpoint.credentialsOf),
      );
    }
  };

  const authorization = async (
    endpoint: Endpoint,
    scheme: Scheme,
    options: AuthorizeOptions,
    isFresh: boolean,
  ): Promise<Authorization | undefined> => {
    if (scheme.kind === 'bearer') {
      const token = await tokenFor(endpoint, scheme, options);
      return isHeaderSafe(token) ? { value: `Bearer ${token}`, isFresh } : undefined;
    }
    const credential = await credentialOf(endpoint, options.scopes);
    if (credential === undefined) return undefined;
    if (credential.kind === 'registry-token') return { value: `Bearer ${credential.token}`, isFresh };
    return { value: basicOf(credential), isFresh };
  };

  return {
    async known(endpoint, options) {
      const scheme = schemes.get(endpoint.url);
      const scopes = wider.get(keyOf(endpoint, options.scopes)) ?? options.scopes;
      return scheme && (await authorization(endpoint, scheme, { ...options, scopes }, false));
    },

    async after401(endpoint, headers, used, { scopes, signal }) {
      const challenges = parseChallenges(headers);
      const scheme = schemeOf(challenges, endpoint);
      if (scheme === undefined) return undefined;
      schemes.set(endpoint.url, scheme);
      const key = keyOf(endpoint, scopes);
      let wanted = wider.get(key) ?? scopes;
      if (used !== undefined || scopes.length === 0) {
        tokens.drop(keyOf(endpoint, wanted), used?.value.replace(/^Bearer /, '') ?? '');
        const more = scheme.kind === 'bearer' ? joinScopes(wanted, challengeScopes(challenges)) : wanted;
        if (used?.isFresh === true && more.length === wanted.length) return undefined;
        wider.set(key, more);
        wanted = more;
      }
      const next = await authorization(endpoint, scheme, { scopes: wanted, signal }, true);
      return next?.value === used?.value ? undefined : next;
    },

    excuse: ({ url, credentialsOf }) => excuses.get(url) ?? credentials.problem?.(credentialsOf),

    forget,
  };
}

/** The repository that a request is about: what it is for comes first, what it may mount from after. */
function repositoryOf([scope = '']: readonly string[]): string | undefined {
  return /^repository:(.+):[^:]*$/.exec(scope)?.[1];
}

function schemeOf(challenges: readonly Challenge[], endpoint: Endpoint): Scheme | undefined {
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const realm = bearer?.parameters.get('realm');
  if (realm !== undefined) {
    return { kind: 'bearer', realm: parseRealm(realm, endpoint), service: bearer?.parameters.get('service') };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : undefined;
}

function challengeScopes(challenges: readonly Challenge[]): string[] {
  const scope = challenges.find(({ scheme }) => scheme === 'bearer')?.parameters.get('scope') ?? '';
  return scope.split(' ').filter((each) => each !== '');
}

/** Those of the challenge that ours do not hold yet are added. */
function joinScopes(ours: readonly string[], theirs: readonly string[]): string[] {
  return [...ours, ...theirs.filter((scope) => !ours.some((own) => covers(own, scope)))];
}

function covers(own: string, other: string): boolean {
  const colon = own.lastIndexOf(':');
  const actions = own.slice(colon + 1).split(',');
  const otherColon = other.lastIndexOf(':');
  return (
    own.slice(0, colon) === other.slice(0, otherColon) &&
    other
      .slice(otherColon + 1)
      .split(',')
      .every((action) => actions.includes(action))
  );
}

function withheld(realm: URL, registry: URL): string {
  return `${registry.host} named the token server ${realm.host}, which does not belong to it: the credentials were not sent there.`;
}

function refusal(endpoint: Endpoint, error: LamellaError, excuse: string | undefined): LamellaError {
  const about = new URL(`${endpoint.url}/v2/`);
  const { message } = connectionFailure(about, new Error(error.message));
  return new LamellaError('unauthorized', message, {
    code: 'registry-unauthorized',
    hint:
      excuse ??
      `Log in: lamella login${endpoint.credentialsOf === 'docker.io' ? '' : ` ${endpoint.credentialsOf}`}`,
    cause: error,
  });
}
