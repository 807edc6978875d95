import { LamellaError, messageOf, systemErrorCode, type ErrorKind } from '../base/errors.ts';

/** SQLite's primary result codes (sqlite3.h) that mean something to a person. */
const meanings: Readonly<Record<number, { kind: ErrorKind; code: string; text: string; hint: string }>> = {
  3: denied('permission denied'),
  5: {
    kind: 'unavailable',
    code: 'store-busy',
    text: 'the store is busy: another process has been writing to it for a long time',
    hint: 'Wait for the other lamella command to end, and try again.',
  },
  8: denied('the store is read-only'),
  10: {
    kind: 'unavailable',
    code: 'store-io',
    text: 'the disk failed while the store was being read or written',
    hint: "Look into the kernel's log (dmesg) for errors of this disk.",
  },
  11: corrupt('the store is damaged'),
  13: {
    kind: 'no-space',
    code: 'no-space',
    text: 'no space left on device',
    hint: 'Make room on the disk; nothing has been changed.',
  },
  14: denied('the store cannot be opened'),
  26: corrupt('the store is damaged: this file is not a database'),
};

function denied(text: string): (typeof meanings)[number] {
  return {
    kind: 'forbidden',
    code: 'store-not-writable',
    text,
    hint: 'Run it as the user who owns the store, or choose another one with --root.',
  };
}

function corrupt(text: string): (typeof meanings)[number] {
  return {
    kind: 'corrupt',
    code: 'store-corrupt',
    text,
    hint: 'Layers and blobs are not affected. Move lamella.db and its -wal file aside, then load or pull the images again.',
  };
}

/** SQLite's error as one of Lamella's, where it is about the store and not about a mistake in a statement. */
export function translateDatabaseError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  const meaning = meanings[error.errcode & 0xff];
  if (meaning === undefined) return error;
  const { kind, code, text, hint } = meaning;
  return new LamellaError(kind, `${text}: ${path} (${messageOf(error)})`, { code, hint, cause: error });
}

/** The error of a store in a folder that this process may not look into. */
export function unreachable(error: unknown, path: string): unknown {
  if (systemErrorCode(error) !== 'EACCES') return error;
  const { kind, code, text, hint } = denied('permission denied');
  return new LamellaError(kind, `${text}: ${path}`, { code, hint, cause: error });
}

/** Whether somebody else's lock is all that stood in the way. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === 5
  );
}
