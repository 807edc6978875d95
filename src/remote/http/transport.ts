import {
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { createAgents } from './agents.ts';
import { createAlarm } from './alarm.ts';
import { connectionFailure, isUnknownAuthority } from './connection-error.ts';
import { cancelled, ServerFailure, throwIfCancelled } from './failure.ts';
import { guardedLookup } from './link-local.ts';
import { defaultTimeouts, type HttpRequest, type HttpResponse, type Timeouts } from './message.ts';
import { readBody } from './read-body.ts';
import { sendBody, watchSending } from './send-body.ts';

/** Sends single requests over connections that are kept. Redirects, credentials and patience are others' work. */
export interface Transport extends Disposable {
  /**
   * @returns as soon as the head of the answer is there, whatever its status
   * @throws ServerFailure unavailable `registry-unavailable`; LamellaError cancelled; what the body's source throws
   */
  send(request: HttpRequest): Promise<HttpResponse>;
}

export interface TransportOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly userAgent: string;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

export function createTransport({ env, userAgent, timeouts: given }: TransportOptions): Transport {
  const agents = createAgents(env);
  const timeouts = { ...defaultTimeouts, ...given };

  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const { url, method, headers, body, guarded = false, tls } = request;
    const agent = agents.of(url, tls);
    const options: RequestOptions = {
      method,
      agent,
      headers: {
        'user-agent': userAgent,
        ...headers,
        ...(body !== undefined && { 'content-length': body.size }),
      },
      ...(guarded && { lookup: guardedLookup }),
    };
    const sending = url.protocol === 'http:' ? requestHttp(url, options) : requestHttps(url, options);
    try {
      const message = await answerTo(sending, request, timeouts);
      return response(message, request, timeouts);
    } catch (error) {
      if (isUnknownAuthority(error) && agents.trustSystem(tls, agent)) return await send(request);
      // The server had ended a kept connection before it saw this. What was sent of a body nobody knows.
      if (sending.reusedSocket && body === undefined && isReset(error)) return await send(request);
      throw error instanceof SourceError ? error.cause : failure(request, error);
    }
  };
  return {
    async send(request) {
      throwIfCancelled(request.signal);
      return await send(request);
    },
    [Symbol.dispose]: () => agents[Symbol.dispose](),
  };
}

/** Wraps what the source of a body threw, which is no failure of the connection. */
class SourceError extends Error {}

async function answerTo(
  sending: ClientRequest,
  { body, signal }: HttpRequest,
  timeouts: Timeouts,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fail = (error: unknown): void => {
    reject(error);
    sending.destroy();
  };
  const abort = (): void => fail(cancelled(signal));
  using alarm = createAlarm(fail);
  let answered = false;
  alarm.set('connect', timeouts.connect);
  const connected = (): void => {
    if (body === undefined) alarm.set('head', timeouts.idle);
    else watchSending(sending, alarm, timeouts);
  };
  sending.on('socket', (socket) => {
    if (!socket.connecting) return connected();
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connected);
  });
  sending.on('error', fail);
  sending.on('response', (message) => {
    answered = true;
    // After an answer to half a body the connection is good for nothing more.
    message.once('close', () => {
      if (!sending.writableEnded) sending.destroy();
    });
    resolve(message);
  });
  signal?.addEventListener('abort', abort, { once: true });
  try {
    if (body === undefined) {
      sending.end();
    } else {
      const sent = sendBody(sending, body, { alarm, timeouts, answered: () => answered });
      sent.then(
        (complete) => {
          if (complete) sending.end();
          if (body.size === 0) alarm.set('head', timeouts.afterBody);
        },
        (error: unknown) => fail(new SourceError('', { cause: error })),
      );
    }
    return await promise;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function response(
  message: IncomingMessage,
  { method, url, signal }: HttpRequest,
  { idle }: Timeouts,
): HttpResponse {
  const all = message.headersDistinct;
  return {
    status: message.statusCode ?? 0,
    url,
    header: (name) => all[name]?.[0],
    headers: (name) => all[name] ?? [],
    body: readBody(message, { url, idle, signal }),
    discard: () => discard(message, method === 'HEAD'),
  };
}

/** A short rest is read, so that the connection can be used again; to HEAD there is none, whatever its length is said to be. */
function discard(message: IncomingMessage, isBare: boolean): void {
  const length = isBare ? 0 : Number(message.headers['content-length'] ?? Infinity);
  message.on('error', () => {});
  if (length <= 64 << 10) message.resume();
  else message.destroy();
}

function failure({ url, method, signal }: HttpRequest, error: unknown): unknown {
  if (signal?.aborted === true) return cancelled(signal);
  if (error instanceof ServerFailure) return error;
  return connectionFailure(url, error, method.charAt(0) + method.slice(1).toLowerCase());
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
