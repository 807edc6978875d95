/**
 * What went wrong, as every surface needs to know it. Exit codes, HTTP statuses and registry error bodies are total
 * maps over these kinds: a new kind does not compile until each of them handles it.
 */
export type ErrorKind =
  | 'not-found'
  | 'invalid'
  | 'conflict'
  | 'unauthorized'
  | 'forbidden'
  | 'unavailable'
  | 'unsupported'
  | 'cancelled'
  | 'corrupt'
  | 'no-space'
  | 'internal';

export interface ErrorDetails {
  /** Stable and machine-readable, such as `image-not-found`; scripts may rely on it. */
  readonly code: string;
  /** What the reader can do next, as one sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every error that Lamella raises on purpose. The message is worded as Docker words it, where Docker has one. */
export class LamellaError extends Error {
  override readonly name = 'LamellaError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.code = details.code;
    this.hint = details.hint;
  }
}

export function isLamellaError(error: unknown, kind?: ErrorKind): error is LamellaError {
  return error instanceof LamellaError && (kind === undefined || error.kind === kind);
}

/** What a caller gets that has stopped an operation, in Docker's words. */
export function cancelledError(cause?: unknown): LamellaError {
  return new LamellaError('cancelled', 'context canceled', { code: 'cancelled', cause });
}

/** The `code` of a Node.js system error (`ENOENT`, `EEXIST`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
