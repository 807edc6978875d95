import type { TarEntryType } from '../../tar/entry.ts';

const types: ReadonlyMap<number, Exclude<TarEntryType, 'hardlink'>> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
  [0o020000, 'char'],
  [0o060000, 'block'],
  [0o010000, 'fifo'],
]);

/** What `st_mode` says a file is; undefined for a socket, which no layer can hold. */
export function unpackedType(mode: number): Exclude<TarEntryType, 'hardlink'> | undefined {
  return types.get(mode & 0o170000);
}
