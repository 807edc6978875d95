import { LamellaError } from '../../base/errors.ts';

/** Patterns of a `.dockerignore` or of `COPY --exclude`, in their order. */
export interface PatternSet {
  /**
   * Whether the last pattern that says something of the path, or of a directory above it, excludes it.
   *
   * @param path without a slash at its beginning
   */
  excludes(path: string): boolean;
  /** Whether something below an excluded directory may be let in again, so that it must be looked into. */
  mayHoldExceptions(directory: string): boolean;
  readonly isEmpty: boolean;
}

interface Pattern {
  readonly isException: boolean;
  readonly expression: RegExp;
  /** The components before the first wildcard. */
  readonly fixed: readonly string[];
  /** Whether nothing but the fixed components is in it. */
  readonly isFixed: boolean;
}

/**
 * The lines of a `.dockerignore` (Docker's build context documentation): `#` at a line's beginning is a comment.
 *
 * @throws LamellaError invalid `ignore-pattern-invalid`
 */
export function parseIgnoreFile(text: string): PatternSet {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim());
  return patternSet(lines.filter((line) => line !== ''));
}

/** @throws LamellaError invalid `ignore-pattern-invalid` */
export function patternSet(texts: readonly string[]): PatternSet {
  const patterns = texts.flatMap((text) => parsePattern(text) ?? []);
  const exceptions = patterns.filter(({ isException }) => isException);

  /** What the patterns say of one path alone, beginning from what holds for the directory above it. */
  function decide(path: string, inherited: readonly boolean[]): { excluded: boolean; matched: boolean[] } {
    let excluded = false;
    const matched = patterns.map((pattern, index) => {
      const matches = inherited[index] === true || pattern.expression.test(path);
      if (matches) excluded = !pattern.isException;
      return matches;
    });
    return { excluded, matched };
  }

  // A walk asks for the entries of one directory after the other: what holds for the directory is kept.
  let lastDirectory = '';
  let lastMatched: readonly boolean[] = [];

  function matchedBy(directory: string): readonly boolean[] {
    if (directory === '') return [];
    if (directory === lastDirectory) return lastMatched;
    const { matched } = decide(directory, matchedBy(parentOf(directory)));
    lastDirectory = directory;
    lastMatched = matched;
    return matched;
  }

  return {
    isEmpty: patterns.length === 0,
    excludes: (path) => decide(path, matchedBy(parentOf(path))).excluded,
    mayHoldExceptions(directory) {
      const parts = directory.split('/');
      return exceptions.some(({ fixed, isFixed }) => {
        const common = Math.min(fixed.length, parts.length);
        if (fixed.slice(0, common).some((part, index) => part !== parts[index])) return false;
        return !isFixed || fixed.length > parts.length;
      });
    },
  };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function parsePattern(text: string): Pattern | undefined {
  const isException = text.startsWith('!');
  const written = isException ? text.slice(1).trim() : text;
  if (isException && written === '') {
    throw new LamellaError('invalid', 'illegal exclusion pattern: "!"', { code: 'ignore-pattern-invalid' });
  }
  const clean = cleanPattern(written);
  if (clean === '') return undefined;
  const parts = clean.split('/');
  const wild = parts.findIndex((part) => /[*?[\\]/.test(part));
  return {
    isException,
    expression: expressionOf(clean, text),
    fixed: wild < 0 ? parts : parts.slice(0, wild),
    isFixed: wild < 0,
  };
}

/** As Go's filepath.Clean, without a slash at the beginning; '' for the context itself, which no pattern excludes. */
function cleanPattern(text: string): string {
  const parts: string[] = [];
  for (const part of text.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '' && part !== '.' && (part !== '..' || !text.startsWith('/'))) parts.push(part);
  }
  return parts.join('/');
}

/** `**` stands for any number of directories, `*` and `?` stay within a name, `[a-z]` is one of these. */
function expressionOf(pattern: string, text: string): RegExp {
  const tokens = pattern.match(/\*\*\/?|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/g) ?? [];
  const source = tokens.map((token, index) => {
    if (token.startsWith('**')) return index === tokens.length - 1 ? '.*' : '(?:.*/)?';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.startsWith('[') && token.length > 1) return token;
    return RegExp.escape(token.length > 1 && token.startsWith('\\') ? token.slice(1) : token);
  });
  try {
    if (/(^|[^\\])\[[^\]]*$/.test(pattern)) throw new Error('an open bracket');
    return new RegExp(`^${source.join('')}$`, 's');
  } catch (cause) {
    throw new LamellaError('invalid', `error from pattern ${JSON.stringify(text)}: syntax error in pattern`, {
      code: 'ignore-pattern-invalid',
      cause,
    });
  }
}
