import { wrongAnswer } from './failure.ts';
import { isLinkLocal, linkLocalRefused } from './link-local.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import type { Transport } from './transport.ts';

const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Sends a request and goes where the answers point to: never from TLS to plain HTTP, never to link-local addresses, and
 * without credentials wherever the origin is another one. Only requests whose repetition is harmless are sent on by
 * 301 to 303; a method is never changed.
 */
export async function sendFollowing(transport: Transport, request: HttpRequest): Promise<HttpResponse> {
  let current = request;
  for (let count = 0; ; count += 1) {
    const response = await transport.send(current);
    if (!redirects.has(response.status)) return response;
    const location = response.header('location');
    const reads = current.method === 'GET' || current.method === 'HEAD';
    if (location === undefined || (!reads && response.status < 307)) return response;
    response.discard();
    if (count === mostRedirects) {
      throw wrongAnswer(`stopped after ${mostRedirects} redirects from ${request.url.host}`);
    }
    current = redirected(current, redirectTarget(location, current.url, request.url));
  }
}

/**
 * Where a server sends its client, checked.
 *
 * @param asked what the client had chosen itself: link-local addresses are good only where this is one
 * @throws ServerFailure invalid `registry-answer-invalid`
 */
export function redirectTarget(location: string, from: URL, asked: URL): URL {
  const url = URL.parse(location, from.href);
  if (url === null) throw wrongAnswer(`invalid redirect from ${from.host}: not a URL`);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw wrongAnswer(`refusing to follow a redirect from ${from.host} to ${url.protocol}`);
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw wrongAnswer(`refusing to follow a redirect from https://${from.host} to http://${url.host}`, {
      hint: 'What comes without TLS can be read and changed on its way.',
    });
  }
  if (isLinkLocal(url.hostname) && url.hostname !== asked.hostname) throw linkLocalRefused(url.hostname);
  url.username = '';
  url.password = '';
  return url;
}

function redirected(request: HttpRequest, url: URL): HttpRequest {
  const { origin } = request.url;
  if (url.origin === origin) return { ...request, url };
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !secretHeaders.has(name)),
  );
  // The client certificate and the authorities of a registry are not those of the storage that it names.
  const tls = { verify: request.tls.verify, ...(request.tls.ca && { ca: request.tls.ca }) };
  return { ...request, url, headers, tls, guarded: url.hostname !== request.url.hostname };
}
