import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ConnectionCut, type Exchange, type RecordedRequest } from './exchange.ts';
import { createFaults, type Faults } from './faults.ts';
import { send } from './send.ts';

export interface ServerKeys {
  readonly key: string;
  readonly cert: string;
  /** With it, clients must have a certificate of this authority. */
  readonly clientCa?: string;
}

/** A server that records what it is asked, and answers wrongly where it is told to. */
export interface FaultyServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly domain: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly requests: RecordedRequest[];
  readonly faults: Faults;
  /** How many TCP connections there were. */
  readonly connections: number;
}

export async function startServer(
  answer: (exchange: Exchange) => Answer | Promise<Answer>,
  { tls }: { tls?: ServerKeys | undefined } = {},
): Promise<FaultyServer> {
  const requests: RecordedRequest[] = [];
  const faults = createFaults();
  let connections = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { socket } = request;
    const url = new URL(request.url ?? '/', 'http://registry');
    const record: RecordedRequest = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: request.headers,
      status: 0,
      sent: 0,
    };
    requests.push(record);
    const fault = faults.of(record);
    const exchange = { record, request, fault };
    try {
      if (fault.delay !== undefined) await sleep(fault.delay);
      await send(
        exchange,
        fault.status === undefined ? await answer(exchange) : { status: fault.status },
        response,
      );
    } catch (error) {
      const isOurs = !(error instanceof ConnectionCut) && !socket.destroyed;
      socket.destroy();
      if (isOurs) console.error(error);
    }
  };
  const listener: RequestListener = (request, response) => {
    void handle(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tlsOptions(tls), listener);
  server.on('connection', () => (connections += 1));
  server.on('clientError', (_error, socket) => socket.destroy());
  const { port } = await listen(server);
  return {
    domain: `127.0.0.1:${port}`,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    faults,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

function tlsOptions({ key, cert, clientCa }: ServerKeys): Record<string, unknown> {
  return {
    key,
    cert,
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
}

async function listen(server: Server): Promise<AddressInfo> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server.address() as AddressInfo;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
