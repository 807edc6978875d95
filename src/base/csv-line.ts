export class CsvError extends Error {}

/**
 * The fields of one line of comma-separated values, as Go's encoding/csv reads them: a field in quotes may hold commas,
 * and quotes that are doubled.
 *
 * @throws CsvError in Go's words
 */
export function parseCsvLine(line: string): string[] {
  if (line === '') throw new CsvError('EOF');
  const fields: string[] = [];
  for (let at = 0; ;) {
    const { field, end } = line[at] === '"' ? quotedField(line, at) : plainField(line, at);
    fields.push(field);
    if (end >= line.length) return fields;
    at = end + 1;
  }
}

function plainField(line: string, start: number): { field: string; end: number } {
  const comma = line.indexOf(',', start);
  const end = comma === -1 ? line.length : comma;
  const field = line.slice(start, end);
  const quote = field.indexOf('"');
  if (quote !== -1) throw wrong(start + quote, 'bare " in non-quoted field');
  return { field, end };
}

function quotedField(line: string, start: number): { field: string; end: number } {
  let field = '';
  for (let at = start + 1; ;) {
    const quote = line.indexOf('"', at);
    if (quote === -1) throw wrong(line.length, 'extraneous or missing " in quoted-field');
    field += line.slice(at, quote);
    const next = line[quote + 1];
    if (next === undefined || next === ',') return { field, end: quote + 1 };
    if (next !== '"') throw wrong(quote, 'extraneous or missing " in quoted-field');
    field += '"';
    at = quote + 2;
  }
}

/** @param at index of the character */
function wrong(at: number, problem: string): CsvError {
  return new CsvError(`parse error on line 1, column ${at + 1}: ${problem}`);
}
