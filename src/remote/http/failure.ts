import { cancelledError, type ErrorDetails, type ErrorKind, LamellaError } from '../../base/errors.ts';

/** How much asking the same again may help: `briefly` is for what mostly stays as it is, such as a refused connection. */
export type Again = 'never' | 'briefly' | 'patiently';

/** An error that came over the network, with what its receiver needs to decide where and when to ask next. */
export class ServerFailure extends LamellaError {
  readonly again: Again;
  /** Milliseconds the server wants us to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    { again, retryAfter, ...details }: ErrorDetails & { again: Again; retryAfter?: number | undefined },
  ) {
    super(kind, message, details);
    this.again = again;
    this.retryAfter = retryAfter;
  }
}

/** An answer that cannot be right: another server may have a better one. */
export function wrongAnswer(message: string, details: Partial<ErrorDetails> = {}): ServerFailure {
  return new ServerFailure('invalid', message, {
    code: 'registry-answer-invalid',
    ...details,
    again: 'never',
  });
}

/** What is thrown when the caller's signal fires. */
export function cancelled(signal: AbortSignal | undefined): LamellaError {
  const reason: unknown = signal?.reason;
  if (reason instanceof LamellaError) return reason;
  return cancelledError(reason);
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}
