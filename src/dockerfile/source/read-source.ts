import { isLamellaError } from '../../base/errors.ts';
import { DockerfileError, type SourceRange } from '../instruction-error.ts';
import { parseJsonWords } from '../words/words.ts';
import { readDirectives, type Directives } from './directives.ts';
import { announcedHeredocs, type Heredoc } from './heredoc.ts';
import { parseInstruction, type SourceInstruction } from './instruction.ts';

export interface Source {
  readonly directives: Directives;
  readonly instructions: readonly SourceInstruction[];
  /** Instructions with a blank line among those that a backslash continues. */
  readonly emptyContinuations: readonly SourceRange[];
  /** All lines, without their ends: what an error shows. */
  readonly lines: readonly string[];
}

/** Bytes of a Dockerfile: more cannot be meant. */
const largest = 16 << 20;

/**
 * Splits a Dockerfile into its instructions: lines that a backslash continues are one, comments and blank lines do not
 * count, and here-documents belong to the instruction that announces them.
 *
 * @throws DockerfileError
 */
export function readSource(text: string): Source {
  if (text.length > largest) throw new DockerfileError('the Dockerfile is too large', { start: 1, end: 1 });
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const directives = at({ start: 1, end: 1 }, () => readDirectives(lines));
  const state: Reading = { lines, directives, position: 0, comments: [], emptyContinuations: [] };
  const instructions: SourceInstruction[] = [];
  for (;;) {
    const instruction = nextInstruction(state);
    if (instruction === undefined) break;
    instructions.push(instruction);
  }
  if (instructions.length === 0) {
    throw new DockerfileError('file with no instructions', { start: lines.length, end: lines.length });
  }
  return { directives, instructions, emptyContinuations: state.emptyContinuations, lines };
}

/**
 * Adds to an error of `action` where it happened.
 *
 * @param prefix what BuildKit puts before the words of an error that it does not find while reading
 * @throws DockerfileError
 */
export function at<T>(range: SourceRange, action: () => T, prefix = ''): T {
  try {
    return action();
  } catch (error) {
    throw placed(error, range, prefix);
  }
}

/** The same for what takes time. */
export async function atAsync<T>(range: SourceRange, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw placed(error, range, '');
  }
}

/** What is no fault of the Dockerfile or its context stays as it is. */
function placed(error: unknown, range: SourceRange, prefix: string): unknown {
  if (error instanceof DockerfileError || !isLamellaError(error)) return error;
  if (error.kind !== 'invalid' && error.kind !== 'not-found') return error;
  const message = error.code === 'syntax-invalid' ? error.message : `${prefix}${error.message}`;
  return new DockerfileError(message, range, error);
}

interface Reading {
  readonly lines: readonly string[];
  readonly directives: Directives;
  position: number;
  comments: string[];
  readonly emptyContinuations: SourceRange[];
}

function nextInstruction(state: Reading): SourceInstruction | undefined {
  const { lines } = state;
  while (state.position < lines.length) {
    const line = lines[state.position] ?? '';
    state.position += 1;
    const comment = /^\s*#(.*)$/.exec(line)?.[1];
    if (comment !== undefined) state.comments.push(comment.trim());
    else if (line.trim() === '') state.comments = [];
    else return wholeInstruction(state, line.trimStart());
  }
  return undefined;
}

function wholeInstruction(state: Reading, first: string): SourceInstruction {
  const { lines, comments } = state;
  const start = state.position;
  state.comments = [];
  let { text, continues } = withoutContinuation(first, state.directives);
  let hasEmptyLine = false;
  while (continues && state.position < lines.length) {
    const line = lines[state.position] ?? '';
    state.position += 1;
    if (/^\s*#/.test(line)) continue;
    if (line.trim() === '') {
      // What follows the last line's end is no line.
      hasEmptyLine ||= state.position < lines.length;
      continue;
    }
    const next = withoutContinuation(line, state.directives);
    text += next.text;
    continues = next.continues;
  }
  const instruction = parseInstruction(text);
  const heredocs = takesHeredocs(instruction.command, instruction.rest)
    ? readHeredocs(state, text, start)
    : [];
  const range = { start, end: state.position };
  if (hasEmptyLine) state.emptyContinuations.push(range);
  return { ...instruction, line: text, range, heredocs, comments };
}

/** An escaped backslash at the end of a line is a backslash, and does not continue it. */
function withoutContinuation(
  line: string,
  { escape }: Directives,
): { readonly text: string; readonly continues: boolean } {
  const end = line.trimEnd();
  const continues = end.endsWith(escape) && !end.endsWith(escape + escape);
  return { text: continues ? end.slice(0, -1) : line, continues };
}

function takesHeredocs(command: string, rest: string): boolean {
  if (command === 'ONBUILD') {
    const { command: inner, rest: innerRest } = parseInstruction(rest);
    return takesHeredocs(inner, innerRest);
  }
  return ['ADD', 'COPY', 'RUN'].includes(command) && rest.includes('<<') && !isJson(rest);
}

function isJson(text: string): boolean {
  return text.startsWith('[') && text.endsWith(']') && parseJsonWords(text) !== undefined;
}

function readHeredocs(state: Reading, text: string, start: number): Heredoc[] {
  const { lines, directives } = state;
  return announcedHeredocs(text, directives).map((heredoc) => {
    const content: string[] = [];
    while (state.position < lines.length) {
      const line = lines[state.position] ?? '';
      state.position += 1;
      if ((heredoc.stripTabs ? line.replace(/^\t+/, '') : line) === heredoc.name) {
        return { ...heredoc, content: content.map((each) => `${each}\n`).join('') };
      }
      content.push(line);
    }
    throw new DockerfileError('unterminated heredoc', { start, end: lastLine(lines) });
  });
}

/** A file that ends with a line end has no line behind it. */
function lastLine(lines: readonly string[]): number {
  return lines.at(-1) === '' ? lines.length - 1 : lines.length;
}
