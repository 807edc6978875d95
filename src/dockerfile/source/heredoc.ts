import type { WordSyntax } from '../words/word-syntax.ts';
import { splitWords } from '../words/words.ts';
import { unquote } from '../words/unquote.ts';

/** `<<NAME` in an instruction, and the lines that follow it (Dockerfile reference, "Here-Documents"). */
export interface Heredoc {
  /** The word that ends it, without quotes. */
  readonly name: string;
  /** Whether variables in it are expanded: its name stood there without quotes. */
  readonly expand: boolean;
  /** `<<-`: tabs at the beginning of its lines do not count. */
  readonly stripTabs: boolean;
  /** `3<<EOF` */
  readonly fileDescriptor: number;
  /** With the line end of its last line. */
  readonly content: string;
}

/** The here-documents that a line announces, still without content. */
export function announcedHeredocs(line: string, syntax: WordSyntax): Omit<Heredoc, 'content'>[] {
  return splitWords(line, syntax).flatMap((word) => announcedBy(word, syntax) ?? []);
}

/** What one word announces; undefined for any other word. */
export function announcedBy(word: string, syntax: WordSyntax): Omit<Heredoc, 'content'> | undefined {
  const [, descriptor = '', dash, quoted = ''] = /^(\d*)<<(-?)([^<]+)$/.exec(word) ?? [];
  if (dash === undefined || splitWords(quoted, syntax).length !== 1) return undefined;
  const name = unquote(quoted, syntax);
  return {
    name,
    expand: name === quoted,
    stripTabs: dash === '-',
    fileDescriptor: Number(descriptor || '0'),
  };
}

/** A here-document's content without the tabs that `<<-` takes away. */
export function heredocText({ content, stripTabs }: Heredoc): string {
  return stripTabs ? content.replace(/^\t+/gm, '') : content;
}
