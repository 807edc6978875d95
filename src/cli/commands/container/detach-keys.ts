import { CliError } from '../../errors/cli-error.ts';

/** What a piece of input means while somebody may be typing the keys that leave a container. */
export interface DetachFilter {
  /** Bytes to hand on, and whether the whole sequence has now been typed. */
  feed(bytes: Uint8Array): { pass: Uint8Array; detached: boolean };
}

/**
 * Docker's `--detach-keys`: single characters or `ctrl-x`, separated by commas; ctrl-p,ctrl-q by default.
 *
 * @throws CliError for a key that cannot be typed
 */
export function parseDetachKeys(text: string | undefined): number[] {
  return (text === undefined || text === '' ? 'ctrl-p,ctrl-q' : text).split(',').map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const control = /^ctrl-([a-zA-Z@[\\\]^_])$/.exec(key)?.[1];
    if (control === undefined) throw new CliError(`Unknown character: '${key}'`);
    return control.toUpperCase().charCodeAt(0) & 0x1f;
  });
}

/** Watches input for the sequence; keys that begin it are held back until they turn out to be something else. */
export function createDetachFilter(keys: readonly number[]): DetachFilter {
  let matched = 0;
  return {
    feed(bytes) {
      const pass: number[] = [];
      for (const byte of bytes) {
        if (byte === keys[matched]) {
          matched++;
          if (matched === keys.length) return { pass: Uint8Array.from(pass), detached: true };
          continue;
        }
        pass.push(...keys.slice(0, matched));
        matched = byte === keys[0] ? 1 : 0;
        if (matched === 0) pass.push(byte);
      }
      return { pass: Uint8Array.from(pass), detached: false };
    },
  };
}
