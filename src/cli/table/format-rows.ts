import { CliError } from '../errors/cli-error.ts';
import { headerFunctions } from '../template/functions/header.ts';
import { goString, stringType, type GoValue, type StructType } from '../template/go-value.ts';
import { formatGoJson } from '../template/go-json.ts';
import { TemplateError } from '../template/template-error.ts';
import { compileTemplate, type Template } from '../template/template.ts';
import { alignColumns } from './columns.ts';

/** One thing that `--format` can print of a row, and its heading in a table. */
interface Column<Row> {
  /** As templates name it: `{{.Repository}}`. */
  readonly name: string;
  readonly header: string;
  /** null stands for what is not known: `null` in JSON, nothing elsewhere. */
  readonly value: (row: Row) => string | null;
  /** JSON leaves it out. */
  readonly hidden?: boolean;
}

export interface TableDefinition<Row> {
  /** Go's name of the row, which error messages show: `*formatter.imageContext`. */
  readonly goType: string;
  readonly columns: readonly Column<Row>[];
  /** What `{{.Label "key"}}` gives, where rows have labels. */
  readonly labels?: (row: Row) => Readonly<Record<string, string>> | null;
}

/**
 * What `--format` makes of the rows: a table with headings (`table …`), one JSON object a line (`json`), or the
 * template on each row.
 *
 * @param options.format as given, or the command's own `table …`
 * @param options.errorPrefix before the template's own error message
 * @returns the text with its last newline; '' for no rows outside a table
 */
export function formatRows<Row>(
  definition: TableDefinition<Row>,
  rows: readonly Row[],
  { format, errorPrefix = 'template parsing error' }: { format: string; errorPrefix?: string },
): string {
  if (format === 'json' || format === '{{json .}}') {
    return rows.map((row) => `${rowJson(definition, row)}\n`).join('');
  }
  const isTable = format.startsWith('table');
  const source = (isTable ? format.slice('table'.length).trim() : format)
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n');
  try {
    const template = compileTemplate(source);
    const valueOf = rowValues(definition);
    const lines = rows.map((row) => template.execute(valueOf(row)));
    if (!isTable) return lines.map((line) => `${line}\n`).join('');
    return `${alignColumns([headerLine(definition, source), ...lines].join('\n'))}\n`;
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new CliError(`${errorPrefix}: ${error.message}`, { exitCode: 1 });
  }
}

function headerLine<Row>(definition: TableDefinition<Row>, source: string): string {
  const template: Template = compileTemplate(source, { functions: headerFunctions });
  const headers = Object.fromEntries(definition.columns.map((column) => [column.name, column.header]));
  return template.execute({
    type: { kind: 'map', element: stringType, methods: { Label: labelHeader } },
    value: headers,
  });
}

/** The heading of one label: the last part of its key, in words (docker/cli formatter.SubHeaderContext). */
function labelHeader(_: unknown, key: string): string {
  return (key.split('.').at(-1) ?? '').replaceAll(/[-_]/g, ' ');
}

/** How templates see a row: a struct. What describes it is made once, since a table may have thousands of rows. */
function rowValues<Row>({ goType, columns, labels }: TableDefinition<Row>): (row: Row) => GoValue {
  const fields = columns.map(({ name }) => ({ name, type: stringType }));
  const label = (value: unknown, key: string): string => {
    const all = labels?.((value as { readonly row: Row }).row) ?? {};
    return Object.hasOwn(all, key) ? (all[key] ?? '') : '';
  };
  const type: StructType = {
    kind: 'struct',
    name: goType,
    fields: () => fields,
    ...(labels === undefined ? {} : { methods: { Label: label } }),
  };
  const shape = {};
  for (const { name, value } of columns) {
    Object.defineProperty(shape, name, {
      get(this: { readonly row: Row }) {
        return value(this.row) ?? '';
      },
    });
  }
  return (row) => ({ type, value: { __proto__: shape, row } });
}

function rowJson<Row>(definition: TableDefinition<Row>, row: Row): string {
  const members = definition.columns
    .filter((column) => column.hidden !== true)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => {
      const cell = value(row);
      return `"${name}":${cell === null ? 'null' : formatGoJson(goString(cell), { html: true })}`;
    });
  return `{${members.join(',')}}`;
}
