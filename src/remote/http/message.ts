import type { ByteStream } from '../../base/streams.ts';
import type { TlsSettings } from '../registries/endpoint.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly tls: TlsSettings;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * The address was named by a server and not by a person: names that resolve to link-local addresses are refused,
   * where the metadata of clouds is.
   */
  readonly guarded?: boolean;
}

/** What is sent, which can be had again where a request has to be repeated. */
export interface RequestBody {
  /** Bytes; sent as Content-Length. */
  readonly size: number;
  open(): ByteStream;
  /** Called as bytes leave: with how many of this body are gone. */
  readonly onSent?: ((sent: number) => void) | undefined;
}

/** The head of an answer, with its body on its way. Whoever does not read the body calls `discard`. */
export interface HttpResponse {
  readonly status: number;
  /** Where it came from, which is elsewhere than asked for after redirects. */
  readonly url: URL;
  header(name: string): string | undefined;
  /** All of a header that may come several times. */
  headers(name: string): readonly string[];
  /** May be read once. An end that comes too early, or silence, is an error. */
  readonly body: ByteStream;
  discard(): void;
}

/** Milliseconds. */
export interface Timeouts {
  /** To have a connection, with TLS. */
  readonly connect: number;
  /** Silence, while an answer or a body is expected or sent. */
  readonly idle: number;
  /** Silence after something was sent: registries hash and move what they have got. */
  readonly afterBody: number;
}

export const defaultTimeouts: Timeouts = { connect: 15_000, idle: 60_000, afterBody: 300_000 };
