import { formatRows, type TableDefinition } from './format-rows.ts';

/** What {@link formatRows} makes of the rows, a row at a time. */
export interface RowFormatter<Row> {
  /** The headings of a table with their newline; '' where there are none. */
  readonly head: string;
  /** With its newline. */
  row(row: Row): string;
}

/**
 * For rows that come slowly, and must be seen when they come: a table's columns are as wide as the headings and `widest`
 * need, so that the rows before need not be known. A row that is wider pushes what follows it to the right.
 */
export function formatRowsAsTheyCome<Row>(
  definition: TableDefinition<Row>,
  widest: Row,
  options: { format: string; errorPrefix?: string },
): RowFormatter<Row> {
  if (!options.format.startsWith('table')) {
    return { head: '', row: (row) => formatRows(definition, [row], options) };
  }
  const head = formatRows(definition, [], options);
  const ruled = formatRows(definition, [widest], options);
  const headings = head.split('\n').length - 1;
  const from = (text: string, line: number): string => text.split('\n').slice(line).join('\n');
  const ruler = ruled.split('\n').length - 1 - headings;
  return {
    head: `${ruled.split('\n').slice(0, headings).join('\n')}\n`,
    row: (row) => from(formatRows(definition, [widest, row], options), headings + ruler),
  };
}
