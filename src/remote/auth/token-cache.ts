import { cancelled, throwIfCancelled } from '../http/failure.ts';
import type { TokenAnswer } from './token-answer.ts';

export interface TokenCache {
  /** The token under this key, fetched where there is none that lasts; many who ask at once share one fetch. */
  get(key: string, fetch: () => Promise<TokenAnswer>, signal?: AbortSignal): Promise<string>;
  /** Forgets a token that was refused, unless another is there by now. */
  drop(key: string, token: string): void;
}

interface Entry {
  readonly token: Promise<string>;
  /** Undefined while it is fetched. */
  known?: { readonly token: string; readonly until: number };
}

/** Milliseconds that a token has to last for still, so that it does not end on its way. */
const longestMargin = 10_000;

export function createTokenCache(now: () => number = Date.now): TokenCache {
  const entries = new Map<string, Entry>();
  return {
    async get(key, fetch, signal) {
      throwIfCancelled(signal);
      let entry = entries.get(key);
      if (entry === undefined || (entry.known !== undefined && entry.known.until <= now())) {
        entry = start(fetch, now);
        entries.set(key, entry);
        const started = entry;
        entry.token.catch(() => {
          if (entries.get(key) === started) entries.delete(key);
        });
      }
      return await orCancelled(entry.token, signal);
    },
    drop(key, token) {
      if (entries.get(key)?.known?.token === token) entries.delete(key);
    },
  };
}

function start(fetch: () => Promise<TokenAnswer>, now: () => number): Entry {
  const asked = now();
  const entry: Entry = {
    token: fetch().then(({ token, expiresIn }) => {
      const life = expiresIn * 1000;
      entry.known = { token, until: asked + life - Math.min(longestMargin, life / 4) };
      return token;
    }),
  };
  return entry;
}

/** Who gives up does not take the fetch from the others. */
async function orCancelled<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: gaveUp, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(cancelled(signal));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, gaveUp]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
