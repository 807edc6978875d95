import { LamellaError } from '../../base/errors.ts';
import { wrongAnswer } from '../http/failure.ts';
import type { HttpResponse } from '../http/message.ts';
import { redirectTarget } from '../http/redirects.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import type { RepositoryContext } from './context.ts';

/** An upload that a registry has begun: the next request for it goes to its location. */
export interface UploadSession {
  readonly endpoint: Endpoint;
  readonly location: URL;
}

/**
 * Where an upload goes on (OCI Distribution Specification, "Pushing blobs"). A registry behind a proxy that ends TLS may
 * name itself with http: that is set right.
 *
 * @throws ServerFailure invalid `registry-answer-invalid`
 */
export function sessionOf(response: HttpResponse, endpoint: Endpoint): UploadSession {
  response.discard();
  const text = response.header('location');
  if (text === undefined)
    throw wrongAnswer(`invalid answer from ${response.url.host}: an upload without a location`);
  const from = response.url;
  const named = URL.parse(text, from.href);
  const isItself =
    named?.protocol === 'http:' && from.protocol === 'https:' && named.hostname === from.hostname;
  const target = isItself ? `${from.origin}${named.pathname}${named.search}` : text;
  return { endpoint, location: redirectTarget(target, from, new URL(endpoint.url)) };
}

/** The location with the digest that ends the upload; what the registry wrote into it stays as it is. */
export function closingLocation({ location }: UploadSession, digest: string): URL {
  const separator = location.search === '' ? '?' : '&';
  return new URL(
    `${location.origin}${location.pathname}${location.search}${separator}digest=${encodeURIComponent(digest)}`,
  );
}

/** A registry gets rid of it by itself where this does not work. */
export async function cancelUpload(
  { ask, scopes }: RepositoryContext,
  { endpoint, location }: UploadSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const response = await ask(endpoint, { method: 'DELETE', path: location, scopes, signal });
    response.discard();
  } catch (error) {
    if (!(error instanceof LamellaError) || error.kind === 'cancelled') throw error;
  }
}
