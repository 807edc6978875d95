import { instructionError } from '../instruction-error.ts';

/** What the comments at the very top of a Dockerfile set (Dockerfile reference, "Parser directives"). */
export interface Directives {
  /** A frontend image that was asked for: Lamella has the language built in and does not run it. */
  readonly syntax?: string;
  /** What continues a line and takes the meaning from the next character. */
  readonly escape: '\\' | '`';
  /** `skip=RULE,RULE;error=true` */
  readonly check?: string;
}

const known: ReadonlySet<string> = new Set(['syntax', 'escape', 'check']);

/**
 * Reads the directives: comments of the form `# name=value` before anything else. The first line that is none ends them.
 *
 * @throws LamellaError invalid `instruction-invalid` for an escape that cannot be, or a directive that comes twice
 */
export function readDirectives(lines: readonly string[]): Directives {
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, word, value = ''] = /^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (word === undefined) break;
    const name = word.toLowerCase();
    if (!known.has(name)) continue;
    if (found.has(name)) throw instructionError(`only one ${name} parser directive can be used`);
    found.set(name, value);
  }
  const syntax = found.get('syntax');
  const check = found.get('check');
  return {
    ...(syntax === undefined ? {} : { syntax }),
    escape: escapeOf(found.get('escape') ?? '\\'),
    ...(check === undefined ? {} : { check }),
  };
}

function escapeOf(token: string): Directives['escape'] {
  if (token === '\\' || token === '`') return token;
  throw instructionError(`invalid escape token '${token}' does not match \` or \\`);
}
