import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * How long after a change one looks again, in milliseconds: the kernel tells of the writing to the log, and what was
 * written can be seen a little later, after a wait for the disk at times.
 */
const looksAfter = [10, 40, 150, 800];
/** And how often one looks though nothing was told, as where the kernel cannot tell. */
const heartbeat = 5_000;

/**
 * Yields now, and whenever the database may have changed, by whichever process: who watches asks it what is new. There is
 * no busy waiting: the kernel tells of writes beside `path`, to the write-ahead log.
 *
 * @param options.signal ends it, without an error
 */
export async function* watchDatabase(
  path: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<void, void> {
  const name = basename(path);
  let due = true;
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;
  const look = (): void => {
    due = true;
    wake?.();
  };
  const lookLater = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      looks += 1;
      lookLater();
      look();
    }, looksAfter[looks] ?? heartbeat);
  };
  const watcher = watch(dirname(path), (_, file) => {
    if (file?.startsWith(name) === false) return;
    looks = 0;
    lookLater();
    look();
  });
  watcher.on('error', () => {});
  signal?.addEventListener('abort', look, { once: true });
  try {
    lookLater();
    const isOver = (): boolean => signal?.aborted === true;
    while (!isOver()) {
      if (!due) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      if (isOver()) return;
      due = false;
      yield;
    }
  } finally {
    watcher.close();
    clearTimeout(timer);
    signal?.removeEventListener('abort', look);
  }
}
