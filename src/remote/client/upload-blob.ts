import type { ByteStream } from '../../base/streams.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { ServerFailure, throwIfCancelled } from '../http/failure.ts';
import type { HttpResponse } from '../http/message.ts';
import { delayAfter, pause } from '../http/retry.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { refusalOf, type RepositoryContext } from './context.ts';
import { registryError } from './registry-error.ts';
import type { RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';
import { closingLocation, sessionOf, type UploadSession } from './upload-session.ts';

type UploadOptions = RequestOptions & { onProgress?: (sent: number) => void };

/**
 * Begins an upload and sends all in the request that ends it. After a cut, the registry is asked how far it has come: it
 * goes on from there, or from the beginning where it knows nothing any more.
 *
 * @see RepositoryClient.uploadBlob
 */
export async function uploadBlob(
  context: RepositoryContext,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  open: (start: number) => ByteStream,
  { signal, onProgress }: UploadOptions = {},
): Promise<void> {
  let session = context.sessions.get(digest);
  context.sessions.delete(digest);
  let start = 0;
  for (let failures = 0; ; failures += 1) {
    try {
      session ??= await begin(context, signal);
      await finish(context, session, { digest, start, size, open, signal, onProgress });
      return;
    } catch (error) {
      throwIfCancelled(signal);
      const delay = delayAfter(error, failures, context.patience);
      if (delay === undefined) throw error;
      await pause(delay, signal);
      const state = session && (await status(context, session, size, signal));
      if (state !== undefined && state.received > start) failures = 0;
      session = state?.session;
      start = state?.received ?? 0;
    }
  }
}

async function begin(context: RepositoryContext, signal: AbortSignal | undefined): Promise<UploadSession> {
  const { ask, path, scopes, domain } = context;
  const attempt = async (endpoint: Endpoint): Promise<UploadSession> => {
    const response = await ask(endpoint, {
      method: 'POST',
      path: `/v2/${path}/blobs/uploads/`,
      scopes,
      headers: { 'content-length': '0' },
      signal,
    });
    if (response.status === 202) return sessionOf(response, endpoint);
    throw await registryError(response, refusalOf(context, endpoint));
  };
  return await tryEndpoints(context, domain, attempt, { purpose: 'push', signal });
}

interface Part {
  readonly digest: string;
  readonly start: number;
  readonly size: number;
  readonly open: (start: number) => ByteStream;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((sent: number) => void) | undefined;
}

async function finish(
  context: RepositoryContext,
  session: UploadSession,
  { digest, start, size, open, signal, onProgress }: Part,
): Promise<void> {
  const response = await context.ask(session.endpoint, {
    method: 'PUT',
    path: closingLocation(session, digest),
    scopes: context.scopes,
    headers: {
      'content-type': 'application/octet-stream',
      ...(start > 0 && start < size && { 'content-range': `${start}-${size - 1}` }),
    },
    body: { size: size - start, open: () => open(start), onSent: (sent) => onProgress?.(start + sent) },
    signal,
  });
  if (response.status === 201 || response.status === 204 || response.status === 200)
    return response.discard();
  throw await uploadError(context, session.endpoint, response);
}

/** A session that is known no more, or stands elsewhere than we thought, is begun anew. */
async function uploadError(
  context: RepositoryContext,
  endpoint: Endpoint,
  response: HttpResponse,
): Promise<Error> {
  const error = await registryError(response, refusalOf(context, endpoint));
  if (response.status !== 404 && response.status !== 416) return error;
  return new ServerFailure('unavailable', error.message, {
    code: 'registry-unavailable',
    again: 'patiently',
    cause: error,
  });
}

/** How far an upload has come: `Range: 0-99` is 100 bytes, and some write `0-0` for none. */
async function status(
  { ask, scopes }: RepositoryContext,
  { endpoint, location }: UploadSession,
  size: number,
  signal: AbortSignal | undefined,
): Promise<{ session: UploadSession; received: number } | undefined> {
  try {
    const response = await ask(endpoint, { method: 'GET', path: location, scopes, signal });
    response.discard();
    if (response.status !== 204 && response.status !== 200) return undefined;
    const [, last = '0'] = /^(?:bytes=)?0-(\d{1,15})$/.exec(response.header('range') ?? '') ?? [];
    const received = Number(last) === 0 ? 0 : Number(last) + 1;
    if (received > size) return undefined;
    const moved = response.header('location') !== undefined;
    return { session: moved ? sessionOf(response, endpoint) : { endpoint, location }, received };
  } catch (error) {
    throwIfCancelled(signal);
    if (error instanceof ServerFailure) return undefined;
    throw error;
  }
}
