import { LamellaError } from '../../base/errors.ts';

/** What `--chmod` asks for. */
export interface ModeChange {
  /** The permission bits (0–0o7777) that it makes of those that a file has. */
  of(mode: number, isDirectory: boolean): number;
  /** Says the bits as a whole, and so holds also for directories that are made on the way. */
  readonly isWhole: boolean;
}

type ChangeMode = ModeChange['of'];

const bits = { r: 4, w: 2, x: 1 } as const;
const shifts = { u: 6, g: 3, o: 0 } as const;

/**
 * Reads `755` or what chmod(1) calls a symbolic mode, `u=rwX,go-w`.
 *
 * @throws LamellaError invalid `chmod-invalid`
 */
export function parseFileMode(text: string): ModeChange {
  if (/^[0-9]/.test(text)) {
    const mode = /^[0-7]{1,5}$/.test(text) ? Number.parseInt(text, 8) : Infinity;
    if (mode > 0o7777) throw invalid(text);
    return { of: () => mode, isWhole: true };
  }
  const clauses = text.split(',').map((clause) => parseClause(clause, text));
  return {
    of: (mode, isDirectory) => clauses.reduce((result, change) => change(result, isDirectory), mode),
    isWhole: false,
  };
}

function parseClause(clause: string, text: string): ChangeMode {
  const [, who = '', actions = ''] = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(clause) ?? [];
  if (actions === '') throw invalid(text);
  const everybody = who === '' || who.includes('a');
  const classes = (['u', 'g', 'o'] as const).filter((each) => everybody || who.includes(each));
  const steps = [...actions.matchAll(/([-+=])([ugo]|[rwxXst]*)/g)];
  return (mode, isDirectory) =>
    steps.reduce((result, [, operator = '', what = '']) => {
      const wanted = classes.reduce((sum, each) => sum | bitsFor(each, what, result, isDirectory), 0);
      if (operator === '+') return result | wanted;
      if (operator === '-') return result & ~wanted;
      const cleared = classes.reduce((sum, each) => sum | (7 << shifts[each]), 0);
      return (result & ~cleared) | wanted;
    }, mode);
}

function bitsFor(who: 'u' | 'g' | 'o', what: string, mode: number, isDirectory: boolean): number {
  const shift = shifts[who];
  if (what === 'u' || what === 'g' || what === 'o') return ((mode >> shifts[what]) & 7) << shift;
  let result = 0;
  for (const letter of what) {
    if (letter === 'r' || letter === 'w' || letter === 'x') result |= bits[letter] << shift;
    else if (letter === 'X' && (isDirectory || (mode & 0o111) !== 0)) result |= 1 << shift;
    else if (letter === 's' && who === 'u') result |= 0o4000;
    else if (letter === 's' && who === 'g') result |= 0o2000;
    else if (letter === 't') result |= 0o1000;
  }
  return result;
}

function invalid(text: string): LamellaError {
  return new LamellaError(
    'invalid',
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    { code: 'chmod-invalid', hint: 'A symbolic mode such as u=rwX,go-w works, too.' },
  );
}
