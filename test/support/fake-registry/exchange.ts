import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A request as the server saw it, for assertions. */
export interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Status of the answer; 0 until there is one, and where the connection was cut before. */
  status: number;
  /** Bytes of the answer's body that were written. */
  sent: number;
}

export interface Exchange {
  readonly record: RecordedRequest;
  readonly request: IncomingMessage;
  readonly fault: Fault;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | string;
  /** Whether ranges of the body may be asked for. */
  readonly ranges?: boolean;
}

/** What goes wrong with an answer. Several may be given at once. */
export interface Fault {
  /** Answers with this status instead of what was asked for; `headers` and `body` are those of that answer. */
  readonly status?: number;
  /** Sets headers of the answer; undefined removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Another body than the right one, or a change of it. */
  readonly body?: Buffer | string | ((right: Buffer) => Buffer);
  /** The connection is destroyed after so many bytes of the body; 0 cuts before the answer's head. */
  readonly cutAfter?: number;
  /** Of what is sent to us: the connection is destroyed after so many bytes, which are kept. */
  readonly cutUploadAfter?: number;
  /** Milliseconds before the answer begins. */
  readonly delay?: number;
  readonly bytesPerSecond?: number;
  /**
   * `ignore`: 200 and the whole; `shift`: 206 whose bytes begin one later than asked; `lie`: 206 with a Content-Range
   * of another part; `short`: 206 of half of what was asked for; `refuse`: 416.
   */
  readonly range?: 'ignore' | 'shift' | 'lie' | 'short' | 'refuse';
  /** The body never ends: its bytes again and again, without a Content-Length. */
  readonly endless?: boolean;
  /** Announces this Content-Length, whatever is sent. */
  readonly contentLength?: number;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** An error body of the OCI Distribution Specification. */
export function failure(status: number, code: string, message: string, detail?: unknown): Answer {
  return json(status, { errors: [{ code, message, ...(detail !== undefined && { detail }) }] });
}

/** The client is not answered: its connection is destroyed. */
export class ConnectionCut extends Error {}
