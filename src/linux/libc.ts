import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { LamellaError } from '../base/errors.ts';
import { systemError } from './system-error.ts';

/** What a C function may be given: numbers, pointers to memory of ours, and null pointers. */
export type Argument = number | bigint | Uint8Array | null;

/** A path as text in UTF-8, or byte by byte; without NUL. */
export type Path = string | Uint8Array;

interface Koffi {
  load(library: null): { func(definition: string): (...args: Argument[]) => number | bigint };
  errno(): number;
}

/** koffi costs 25 ms to load, so only the first call of a C function does that. */
const koffi: () => Koffi = once(() => {
  if (process.platform !== 'linux') {
    throw new LamellaError('unsupported', `this needs Linux, and this machine runs ${process.platform}`, {
      code: 'not-linux',
    });
  }
  return createRequire(import.meta.url)('koffi') as Koffi;
});
const libc = once(() => koffi().load(null));

/**
 * A function of the C library, by its C prototype. It is bound when first called; importing costs nothing. A result of
 * −1 raises the error that errno tells; `doing` begins its message: `mount /a: permission denied`.
 *
 * Pointers are `void *` in prototypes: see {@link cString}. Interrupted calls (EINTR) are made again.
 */
export function systemCall(definition: string): (doing: string, ...args: Argument[]) => number {
  const bound = once(() => libc().func(definition));
  return (doing, ...args) => {
    const call = bound();
    for (;;) {
      const result = Number(call(...args));
      if (result !== -1) return result;
      const errno = koffi().errno();
      if (errno !== constants.errno.EINTR) throw systemError(doing, errno);
    }
  };
}

/** Text as C takes it: its bytes and a NUL. Text with a NUL inside is refused, for C would see only its beginning. */
export function cString(text: Path): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  if (bytes.includes(0)) {
    throw new LamellaError('invalid', 'a path may not hold a NUL byte', { code: 'path-invalid' });
  }
  const result = Buffer.alloc(bytes.byteLength + 1);
  result.set(bytes);
  return result;
}

/** A path for people to read. */
export function pathText(path: Path): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString('utf8');
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
