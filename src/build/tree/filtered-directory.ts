import { displayByteString, type ByteString } from '../../base/byte-string.ts';
import type { LowerDirectory, LowerEntry } from '../../layers/lower-view.ts';
import type { PatternSet } from '../context/patterns.ts';

/**
 * A directory without what the patterns exclude. An excluded directory is there all the same where it holds something
 * that is not; it is looked into only where that may be.
 */
export function filteredDirectory(
  directory: LowerDirectory,
  patterns: PatternSet,
  prefix = '',
): LowerDirectory {
  if (patterns.isEmpty) return directory;

  function lookup(name: ByteString): LowerEntry | undefined {
    const path = prefix + displayByteString(name);
    const excluded = patterns.excludes(path);
    if (excluded && !patterns.mayHoldExceptions(path)) return undefined;
    const entry = directory.lookup(name);
    if (entry?.directory === undefined) return excluded ? undefined : entry;
    const inner = filteredDirectory(entry.directory, patterns, `${path}/`);
    if (excluded && inner.names().length === 0) return undefined;
    return { ...entry, directory: inner };
  }

  return { lookup, names: () => directory.names().filter((name) => lookup(name) !== undefined) };
}
