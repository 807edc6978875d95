import { LamellaError } from '../../base/errors.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import type { Credential } from '../credentials/credential.ts';
import { serverMessage, statusFailure } from '../http/error-body.ts';
import type { HttpResponse } from '../http/message.ts';
import { readWhole } from '../http/read-json.ts';
import { sendFollowing } from '../http/redirects.ts';
import type { Transport } from '../http/transport.ts';
import type { TlsSettings } from '../registries/endpoint.ts';
import { readTokenAnswer, type TokenAnswer } from './token-answer.ts';

export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly tls: TlsSettings;
  readonly credential: Exclude<Credential, { kind: 'registry-token' }> | undefined;
  /** The realm is on another host than the registry: see HttpRequest. */
  readonly guarded?: boolean;
  /** Asks for a refresh token as well, as a login does. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What Docker calls itself to token servers; some know only this one. */
const clientId = 'docker';
const postUnknown: ReadonlySet<number> = new Set([404, 405, 501]);

/**
 * Has a token from a token server: by GET, as Docker does; with an identity token by the POST of OAuth2, and by GET where
 * the server does not know that.
 *
 * @throws LamellaError unauthorized `registry-unauthorized` where it refuses; ServerFailure
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<TokenAnswer> {
  let response: HttpResponse | undefined;
  if (request.credential?.kind === 'identity-token') {
    response = await post(transport, request, request.credential.token);
    if (postUnknown.has(response.status)) {
      response.discard();
      response = undefined;
    }
  }
  response ??= await get(transport, request);
  const { host } = request.realm;
  const body = await readWhole(response, 1 << 20);
  if (response.status === 401 || response.status === 403) throw refused(response, body, request);
  if (response.status !== 200) throw statusFailure(response, body);
  return readTokenAnswer(parseStrictJson(body), host);
}

async function get(transport: Transport, request: TokenRequest): Promise<HttpResponse> {
  const { realm, service, scopes, credential, offline = false, tls, signal, guarded } = request;
  const url = new URL(realm);
  if (credential !== undefined) url.searchParams.set('account', credential.username);
  url.searchParams.set('client_id', clientId);
  if (offline) url.searchParams.set('offline_token', 'true');
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (service !== undefined) url.searchParams.set('service', service);
  const headers = { accept: 'application/json', ...(credential && { authorization: basicOf(credential) }) };
  return await sendFollowing(transport, {
    method: 'GET',
    url,
    headers,
    tls,
    signal,
    guarded: guarded === true,
  });
}

/** RFC 6749, section 6. Sent on to nowhere else: the secret is in the body. */
async function post(
  transport: Transport,
  { realm, service, scopes, tls, signal, offline = false, guarded }: TokenRequest,
  refreshToken: string,
): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: clientId,
    ...(service !== undefined && { service }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(offline && { access_type: 'offline' }),
  });
  const bytes = Buffer.from(form.toString());
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  return await transport.send({
    method: 'POST',
    url: realm,
    headers,
    tls,
    signal,
    guarded: guarded === true,
    body: {
      size: bytes.byteLength,
      async *open() {
        yield bytes;
      },
    },
  });
}

/** RFC 7617. */
export function basicOf(credential: Exclude<Credential, { kind: 'registry-token' }>): string {
  const secret = credential.kind === 'password' ? credential.password : credential.token;
  return `Basic ${Buffer.from(`${credential.username}:${secret}`).toString('base64')}`;
}

function refused(response: HttpResponse, body: Buffer, { credential }: TokenRequest): LamellaError {
  const said = serverMessage(body);
  const fallback = credential === undefined ? 'authentication required' : 'incorrect username or password';
  return new LamellaError('unauthorized', `unauthorized: ${said?.message ?? fallback}`, {
    code: 'registry-unauthorized',
    hint: `The token server ${response.url.host} refused.`,
  });
}
