import { cancelledError } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import { translateFullDisk } from '../blobs/full-disk.ts';

/** Says what a full disk and an abort mean, with what to do; leaves other errors as they are. */
export function translateStagingError(error: unknown, root: string, signal?: AbortSignal): unknown {
  if (signal?.aborted === true) {
    return cancelledError(signal.reason);
  }
  return translateFullDisk(error, root);
}

/** The stream, which fails as soon as the signal does: also while its source has nothing to give. */
export async function* abortable(source: ByteStream, signal: AbortSignal | undefined): ByteStream {
  if (signal === undefined) {
    yield* source;
    return;
  }
  signal.throwIfAborted();
  let abortNext = (): void => {};
  const onAbort = (): void => abortNext();
  signal.addEventListener('abort', onAbort);
  const reader = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        abortNext = () => reject(signal.reason as Error);
        reader.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not waited for: a source that hangs would hold up the clean-up.
    reader.return?.().catch(() => {});
  }
}
