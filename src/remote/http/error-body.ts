import { STATUS_CODES } from 'node:http';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import { ServerFailure } from './failure.ts';
import type { HttpResponse } from './message.ts';
import { parseRetryAfter } from './retry.ts';

/** What a server says went wrong. */
export interface ServerMessage {
  /** Such as `MANIFEST_UNKNOWN`; empty where it only says something. */
  readonly code: string;
  readonly message: string;
}

const longest = 1000;

/**
 * Reads the error body of the OCI Distribution Specification (section "Error Codes"), and the looser forms of token
 * servers and Docker Hub: `{details}`, `{message}`, `{error, error_description}`.
 */
export function serverMessage(body: Uint8Array): ServerMessage | undefined {
  const document = objectOf(body);
  if (document === undefined) return undefined;
  const { errors } = document;
  const first: JsonValue | undefined = Array.isArray(errors)
    ? (errors as readonly JsonValue[])[0]
    : undefined;
  if (isObject(first)) {
    const code = text(first['code'])?.toUpperCase() ?? '';
    return { code: /^[A-Z_]{1,60}$/.test(code) ? code : '', message: text(first['message']) ?? '' };
  }
  const message =
    text(document['details']) ??
    text(document['detail']) ??
    text(document['message']) ??
    text(document['error_description']) ??
    text(document['error']);
  return message === undefined ? undefined : { code: '', message };
}

/** As Go's registry client prints an error: `manifest unknown: manifest unknown`. */
export function goWords({ code, message }: ServerMessage): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  if (words === '' || message === '') return words + message;
  return `${words}: ${message}`;
}

/** A status that says no more than that it did not work. */
export function statusFailure(response: HttpResponse, body: Uint8Array): ServerFailure {
  const { status } = response;
  const said = serverMessage(body);
  const name = STATUS_CODES[status];
  const text =
    said !== undefined && goWords(said) !== ''
      ? goWords(said)
      : `received unexpected HTTP status: ${status}${name === undefined ? '' : ` ${name}`}`;
  const passes = status >= 500 && status !== 501 && status !== 505;
  return new ServerFailure(passes || status === 408 ? 'unavailable' : 'invalid', text, {
    code: passes || status === 408 ? 'registry-unavailable' : 'registry-answer-invalid',
    again: passes || status === 408 ? 'patiently' : 'never',
    retryAfter: parseRetryAfter(response.header('retry-after')),
    hint: `${response.url.host} answered with status ${status}.`,
  });
}

/** Text of a server, for people to read: in one line, and nothing that a terminal would obey. */
function text(value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
    .slice(0, longest);
}

function objectOf(body: Uint8Array): JsonObject | undefined {
  try {
    const value = parseStrictJson(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
