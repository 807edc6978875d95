import { characterWidth, displayWidth } from '../table/display-width.ts';

/** Words may go over by so much where that saves a short last line. */
const slop = 5;

/** Text wrapped at `width` columns with lines after the first indented, as pflag wraps usage texts. */
export function wrapText(text: string, indent: number, width: number): string {
  let start = '';
  let from = indent;
  if (width - from < 24) {
    from = 16;
    start = `\n${' '.repeat(from)}`;
    if (width - from < 24) return text.replaceAll('\n', start);
  }
  const lines: string[] = [];
  let rest = text;
  while (rest !== '') {
    const [line, remaining] = breakLine(rest, width - from - slop);
    lines.push(line);
    rest = remaining;
  }
  return start + lines.join(`\n${' '.repeat(from)}`);
}

/** Splits off a line of about `columns`; Chinese may break between any two characters. */
function breakLine(text: string, columns: number): [line: string, rest: string] {
  const firstLine = text.indexOf('\n');
  if (displayWidth(text) < columns + slop && firstLine === -1) return [text, ''];
  let width = 0;
  let end = 0;
  let space = -1;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    if (character === '\n') return [text.slice(0, end), text.slice(end + 1)];
    if (character === ' ') space = end;
    end += character.length;
    if (characterWidth(character) === 2 && !'，。：；、）'.includes(text.slice(end, end + 1))) space = -end;
  }
  if (end === text.length || space === -1 || space === 0) {
    return firstLine === -1 ? [text, ''] : [text.slice(0, firstLine), text.slice(firstLine + 1)];
  }
  return space > 0
    ? [text.slice(0, space), text.slice(space + 1)]
    : [text.slice(0, -space), text.slice(-space)];
}
