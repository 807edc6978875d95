import type { IncomingMessage } from 'node:http';
import type { ByteStream } from '../../base/streams.ts';
import { createAlarm } from './alarm.ts';
import { connectionFailure, Truncated } from './connection-error.ts';
import { cancelled, throwIfCancelled } from './failure.ts';

/**
 * The body of an answer in large pieces. However slowly its reader takes them is no fault of the server: only waiting
 * for it is timed.
 */
export async function* readBody(
  message: IncomingMessage,
  { url, idle, signal }: { url: URL; idle: number; signal?: AbortSignal | undefined },
): ByteStream {
  let failure: unknown;
  let wake: (() => void) | undefined;
  const woken = (): void => wake?.();
  const fail = (error: unknown): void => {
    failure ??= error;
    message.destroy();
    woken();
  };
  const abort = (): void => fail(cancelled(signal));
  using alarm = createAlarm((silence) => fail(connectionFailure(url, silence, 'read')));
  message.on('readable', woken).on('end', woken).on('close', woken);
  message.on('error', (error) => fail(connectionFailure(url, error, 'read')));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    throwIfCancelled(signal);
    for (;;) {
      if (failure !== undefined) throw failure;
      const piece = message.read() as Buffer | null;
      if (piece !== null) {
        yield piece;
        continue;
      }
      if (message.readableEnded) break;
      if (message.destroyed) throw connectionFailure(url, new Truncated(), 'read');
      alarm.set('body', idle);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
      alarm.stop();
    }
    if (!message.complete) throw connectionFailure(url, new Truncated(), 'read');
  } finally {
    signal?.removeEventListener('abort', abort);
    if (!message.readableEnded) message.destroy();
  }
}
