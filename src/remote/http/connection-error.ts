import { systemErrorCode } from '../../base/errors.ts';
import { type Again, ServerFailure } from './failure.ts';

interface Wording {
  readonly text: string;
  readonly again: Again;
  readonly hint?: string;
  /** There was no connection at all. */
  readonly isDial?: boolean;
}

const trustHint =
  'Put the authority of the registry into /etc/docker/certs.d/HOST/ca.crt, or name it under "insecure-registries" in /etc/docker/daemon.json.';

/** Codes of OpenSSL and Node that say: whoever signed this is not known. */
const unknownAuthority: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

export function isUnknownAuthority(error: unknown): boolean {
  return unknownAuthority.has(systemErrorCode(error) ?? '');
}

/**
 * A connection that failed, in the words of Go's net package, which Docker prints and people search for.
 *
 * @param url the API that was to be asked: `https://registry-1.docker.io/v2/`
 */
export function connectionFailure(url: URL, cause: unknown, method = 'Get'): ServerFailure {
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const { text, again, hint, isDial = false } = wordingOf(url, first);
  // Docker looks whether there is a registry at all before it asks for anything, so that its errors speak of that.
  const subject =
    isDial && url.pathname.startsWith('/v2/') ? `Get "${url.origin}/v2/"` : `${method} "${shownUrl(url)}"`;
  return new ServerFailure('unavailable', `${subject}: ${text}`, {
    code: 'registry-unavailable',
    again,
    cause,
    ...(hint !== undefined && { hint }),
  });
}

/** Without what may be secret: queries of storage servers are signatures. */
function shownUrl(url: URL): string {
  return url.origin + url.pathname;
}

/** Why waiting ended; thrown into a request by its timers. */
export class Silence extends Error {
  readonly phase: 'connect' | 'head' | 'body';
  constructor(phase: Silence['phase']) {
    super(`no answer (${phase})`);
    this.phase = phase;
  }
}

/** The connection ended before all that was announced had come. */
export class Truncated extends Error {}

function wordingOf(url: URL, error: unknown): Wording {
  const wording = wordsOf(url, error);
  return { ...wording, isDial: /^(?:dial|tls:|http:|remote error: tls)/.test(wording.text) };
}

function wordsOf(url: URL, error: unknown): Wording {
  const host = url.hostname;
  const address = addressOf(error) ?? url.host;
  if (error instanceof Silence) return silence(error.phase, address);
  if (error instanceof Truncated) return { text: 'unexpected EOF', again: 'patiently' };
  const code = systemErrorCode(error) ?? '';
  const detail = error instanceof Error ? error.message : String(error);
  if (unknownAuthority.has(code)) {
    const text = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    return { text, again: 'never', hint: trustHint };
  }
  if (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    /wrong version number|packet length too long|http request/.test(detail)
  ) {
    const hint = `Name ${url.host} under "insecure-registries" in /etc/docker/daemon.json if it is meant to have no TLS.`;
    return { text: 'http: server gave HTTP response to HTTPS client', again: 'never', hint };
  }
  switch (code) {
    case 'ENOTFOUND':
      return { text: `dial tcp: lookup ${host}: no such host`, again: 'never', hint: namesHint };
    case 'EAI_AGAIN':
      return {
        text: `dial tcp: lookup ${host}: Temporary failure in name resolution`,
        again: 'briefly',
        hint: namesHint,
      };
    case 'ECONNREFUSED':
      return { text: `dial tcp ${address}: connect: connection refused`, again: 'briefly' };
    case 'EHOSTUNREACH':
      return { text: `dial tcp ${address}: connect: no route to host`, again: 'briefly' };
    case 'ENETUNREACH':
      return { text: `dial tcp ${address}: connect: network is unreachable`, again: 'briefly' };
    case 'ETIMEDOUT':
      return silence('connect', address);
    case 'ECONNRESET':
    case 'EPIPE':
      return { text: 'EOF', again: 'patiently' };
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return {
        text: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
        again: 'never',
        hint: 'See whether the clock of this machine is right.',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        text: `tls: failed to verify certificate: x509: certificate is not valid for ${host}`,
        again: 'never',
        hint: trustHint,
      };
    default:
      if (code.startsWith('HPE_')) return { text: `net/http: malformed HTTP response`, again: 'patiently' };
      if (code.startsWith('ERR_SSL_') || code === 'EPROTO')
        return {
          text: `remote error: tls: ${/SSL routines:[^:]*:([^:]*)/.exec(detail)?.[1] ?? detail}`,
          again: 'never',
        };
      return { text: detail, again: 'patiently' };
  }
}

const namesHint =
  'See whether the name is right and this machine can resolve names; `lamella mirror set` names another server.';

function silence(phase: Silence['phase'], address: string): Wording {
  const wordings: Record<Silence['phase'], Wording> = {
    connect: { text: `dial tcp ${address}: i/o timeout`, again: 'briefly' },
    head: { text: 'net/http: timeout awaiting response headers', again: 'patiently' },
    body: { text: `read tcp ${address}: i/o timeout`, again: 'patiently' },
  };
  return wordings[phase];
}

function addressOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('address' in error) || !('port' in error)) return undefined;
  const { address, port } = error;
  if (typeof address !== 'string' || typeof port !== 'number') return undefined;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
