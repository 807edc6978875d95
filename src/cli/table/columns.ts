import { displayWidth } from './display-width.ts';

/** Docker's: tabwriter.NewWriter(out, 10, 1, 3, ' ', 0) */
const smallest = 10;
const padding = 3;

/**
 * Lays text out in columns as Go's text/tabwriter does: cells end with a tab, a column is a run of lines that all have
 * that cell, and what follows a line's last tab is not padded. Widths are those on the terminal.
 */
export function alignColumns(text: string): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths = lines.map((line) => Array.from<number>({ length: line.length - 1 }).fill(0));
  const deepest = Math.max(...lines.map((line) => line.length - 1));
  for (let column = 0; column < deepest; column++) {
    let from = 0;
    while (from < lines.length) {
      if ((lines[from]?.length ?? 0) - 1 <= column) {
        from++;
        continue;
      }
      let to = from;
      let width = smallest;
      for (; to < lines.length && (lines[to]?.length ?? 0) - 1 > column; to++) {
        width = Math.max(width, displayWidth(lines[to]?.[column] ?? '') + padding);
      }
      for (; from < to; from++) (widths[from] as number[])[column] = width;
    }
  }
  return lines
    .map((line, row) =>
      line
        .map((cell, column) => {
          const width = widths[row]?.[column];
          return width === undefined ? cell : cell + ' '.repeat(width - displayWidth(cell));
        })
        .join(''),
    )
    .join('\n');
}
