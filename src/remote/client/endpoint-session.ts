import type { Authorizer } from '../auth/authorizer.ts';
import type { HttpResponse, RequestBody } from '../http/message.ts';
import { sendFollowing } from '../http/redirects.ts';
import type { Transport } from '../http/transport.ts';
import type { Endpoint } from '../registries/endpoint.ts';

interface Ask {
  readonly method: string;
  /** With a slash at its start: `/v2/library/ubuntu/tags/list`. Or whole, where the server has named it. */
  readonly path: string | URL;
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks one server, with what it wants to see of us. */
export type AskEndpoint = (endpoint: Endpoint, ask: Ask) => Promise<HttpResponse>;

/** A token that has ended, and one whose scope is not enough. */
const mostRefusals = 2;

/** @returns a function that gives any answer, 401 only where no credentials help */
export function createAskEndpoint(transport: Transport, authorizer: Authorizer): AskEndpoint {
  return async (endpoint, { method, path, scopes: wanted, headers = {}, body, signal }) => {
    const scopes = wanted.map((scope) => scopeAt(endpoint, scope));
    const url = typeof path === 'string' ? new URL(endpoint.url + pathAt(endpoint, path)) : path;
    const isOwn = url.origin === new URL(endpoint.url).origin;
    let authorization = isOwn ? await authorizer.known(endpoint, { scopes, signal }) : undefined;
    for (let refusals = 0; ; refusals += 1) {
      const response = await sendFollowing(transport, {
        method,
        url,
        tls: isOwn ? endpoint.tls : { verify: endpoint.tls.verify },
        guarded: !isOwn,
        body,
        signal,
        headers: { ...headers, ...(authorization && { authorization: authorization.value }) },
      });
      const mayLogIn = isOwn && response.url.origin === url.origin && refusals < mostRefusals;
      if (response.status !== 401 || !mayLogIn) return response;
      const challenges = response.headers('www-authenticate');
      const next = await authorizer.after401(endpoint, challenges, authorization, { scopes, signal });
      if (next === undefined) return response;
      response.discard();
      authorization = next;
    }
  };
}

/** The path of a repository's API on a server that has its repositories below another path. */
function pathAt({ pathPrefix }: Endpoint, path: string): string {
  const isRepository = path.startsWith('/v2/') && path !== '/v2/';
  return pathPrefix === undefined || !isRepository ? path : `/v2/${pathPrefix}/${path.slice('/v2/'.length)}`;
}

function scopeAt({ pathPrefix }: Endpoint, scope: string): string {
  return pathPrefix === undefined ? scope : scope.replace(/^repository:/, `repository:${pathPrefix}/`);
}
