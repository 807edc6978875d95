import { LamellaError } from '../../base/errors.ts';
import { familiarName, familiarReference } from '../../oci/reference.ts';
import { isDigest } from '../../oci/digest.ts';
import { connectionFailure } from '../http/connection-error.ts';
import { goWords, serverMessage, type ServerMessage, statusFailure } from '../http/error-body.ts';
import { ServerFailure } from '../http/failure.ts';
import type { HttpResponse } from '../http/message.ts';
import { readWhole } from '../http/read-json.ts';
import { parseRetryAfter } from '../http/retry.ts';
import type { Endpoint } from '../registries/endpoint.ts';

/** What was asked for, for the words of errors. */
interface Subject {
  readonly domain: string;
  readonly path: string;
  /** A tag or a digest, where a manifest was asked for. */
  readonly reference?: string;
  readonly purpose: 'pull' | 'push';
}

export interface Refusal {
  readonly endpoint: Endpoint;
  readonly subject: Subject;
  /** Why credentials did not help, where we know. */
  readonly excuse?: string | undefined;
}

const longestBody = 1 << 16;

/** The error that an answer stands for, in Docker's words. Reads the body. */
export async function registryError(response: HttpResponse, refusal: Refusal): Promise<LamellaError> {
  const body = await readWhole(response, longestBody).catch(() => Buffer.alloc(0));
  const { status } = response;
  if (status === 429) return rateLimited(response, serverMessage(body), refusal.subject);
  if (status >= 500 || status === 408) return statusFailure(response, body);
  const said = serverMessage(body) ?? { code: '', message: '' };
  const message = completed(said, status, response, refusal.subject);
  return message === undefined ? statusFailure(response, body) : worded(message, status, response, refusal);
}

/** HEAD has no body, and some servers say nothing: the status tells which error it is. */
function completed(
  said: ServerMessage,
  status: number,
  response: HttpResponse,
  { reference }: Subject,
): ServerMessage | undefined {
  if (status === 401) {
    // Registries answer so for repositories that are not there, too; Docker calls that denied.
    const lacksScope = response
      .headers('www-authenticate')
      .some((text) => text.includes('insufficient_scope'));
    if (lacksScope) return { code: 'DENIED', message: 'requested access to the resource is denied' };
    return { code: 'UNAUTHORIZED', message: said.message || 'authentication required' };
  }
  if (said.code !== '') return said;
  if (status === 403) {
    return { code: 'DENIED', message: said.message || 'requested access to the resource is denied' };
  }
  if (status !== 404) return undefined;
  return reference === undefined
    ? { code: 'NAME_UNKNOWN', message: said.message || 'repository name not known to registry' }
    : { code: 'MANIFEST_UNKNOWN', message: said.message || 'manifest unknown' };
}

function worded(
  message: ServerMessage,
  status: number,
  response: HttpResponse,
  { endpoint, subject, excuse }: Refusal,
): LamellaError {
  const words = goWords(message);
  const name = familiarName(subject);
  const login = excuse ?? loginHint(subject.domain);
  switch (message.code) {
    case 'MANIFEST_UNKNOWN':
      return new LamellaError('not-found', `manifest for ${subjectName(subject)} not found: ${words}`, {
        code: 'manifest-unknown',
        hint: `See which tags there are: lamella tags ${name}`,
      });
    case 'NAME_UNKNOWN':
      return new LamellaError('not-found', `repository ${name} not found: ${words}`, {
        code: 'repository-unknown',
        hint: 'See whether the name is right, and whether it needs a login.',
      });
    case 'BLOB_UNKNOWN':
      return new LamellaError('not-found', words, { code: 'blob-unknown' });
    case 'DENIED': {
      const prefix = `pull access denied for ${name}, repository does not exist or may require 'docker login'`;
      return new LamellaError('forbidden', subject.purpose === 'pull' ? `${prefix}: ${words}` : words, {
        code: 'registry-denied',
        hint: login,
      });
    }
    case 'UNAUTHORIZED': {
      const isBasic = response.headers('www-authenticate').some((text) => /^\s*basic/i.test(text));
      const text = isBasic
        ? connectionFailure(new URL(`${endpoint.url}/v2/`), new Error('no basic auth credentials')).message
        : words;
      return new LamellaError('unauthorized', text, { code: 'registry-unauthorized', hint: login });
    }
    case 'DIGEST_INVALID':
    case 'SIZE_INVALID':
      return new LamellaError('invalid', words, {
        code: 'digest-mismatch',
        hint: 'What arrived is not what was sent: try again.',
      });
    case 'TOOMANYREQUESTS':
      return rateLimited(response, message, subject);
    default: {
      const kind = status === 404 ? 'not-found' : status === 401 ? 'unauthorized' : 'invalid';
      return new LamellaError(kind, words, {
        code: status === 404 ? 'repository-unknown' : 'registry-answer-invalid',
        hint: `${response.url.host} answered with status ${status}.`,
      });
    }
  }
}

/** `ratelimit-limit: 100;w=21600` is 100 in 6 hours (draft-ietf-httpapi-ratelimit-headers, as Docker Hub sends it). */
function rateLimited(
  response: HttpResponse,
  said: ServerMessage | undefined,
  { domain }: Subject,
): ServerFailure {
  const retryAfter = parseRetryAfter(response.header('retry-after'));
  const [, limit, seconds] =
    /^(\d{1,9})(?:;w=(\d{1,9}))?/.exec(response.header('ratelimit-limit') ?? '') ?? [];
  const allowance =
    limit === undefined
      ? ''
      : `It allows ${limit} requests${seconds === undefined ? '' : ` in ${duration(Number(seconds))}`}. `;
  const wait = retryAfter === undefined ? '' : `It takes requests again in ${duration(retryAfter / 1000)}. `;
  return new ServerFailure('unavailable', `toomanyrequests: ${said?.message || 'too many requests'}`, {
    code: 'registry-rate-limited',
    again: 'patiently',
    retryAfter,
    hint: `${allowance}${wait}${loginHint(domain)}, or use a mirror: lamella mirror set URL`,
  });
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} seconds`;
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} minutes`;
  return `${Math.ceil(seconds / 3600)} hours`;
}

function loginHint(domain: string): string {
  return `Log in: lamella login${domain === 'docker.io' ? '' : ` ${domain}`}`;
}

function subjectName({ domain, path, reference }: Subject): string {
  if (reference === undefined) return familiarName({ domain, path });
  return familiarReference({
    domain,
    path,
    ...(isDigest(reference) ? { digest: reference } : { tag: reference }),
  });
}
