import { globalOptions } from './global-options.ts';
import { parseOptions } from './parse-options.ts';

/** The first word of a command line, and its `--root`; nothing where the line cannot be read. */
export function parseGlobals(argv: readonly string[]): { word?: string; root?: string } {
  try {
    const { values, positional, help } = parseOptions(argv, globalOptions, { stopAtPositional: true });
    const { root } = values;
    if (help || positional[0] === undefined) return {};
    return { word: positional[0], ...(typeof root === 'string' && root !== '' ? { root } : {}) };
  } catch {
    return {};
  }
}
