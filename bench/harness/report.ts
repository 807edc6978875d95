import type { EngineName } from '../engines/engine.ts';
import type { Goal, Medians, Metric } from '../measures/measure.ts';

export interface Row {
  readonly id: string;
  readonly metric: Metric;
  readonly medians: Medians;
}

const engines: readonly EngineName[] = ['lamella', 'docker', 'podman'];

/** The table that a person reads: a row for each metric, with the ratio of Lamella to Docker. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map(({ metric, medians }) => [
    metric.title,
    ...engines.map((engine) => formatValue(medians[engine], metric.unit)),
    formatRatio(medians),
    metric.goal?.text ?? '',
    verdict(metric.goal, medians),
  ]);
  return alignColumns([['measure', ...engines, 'ratio', 'goal', 'met'], ...cells]);
}

/** Columns as wide as their widest cell; all but the first and the last two to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column > 0 && column < 5 ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

export function formatValue(value: number | undefined, unit: Metric['unit']): string {
  if (value === undefined) return '-';
  if (unit === 'bytes') return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB`;
  if (value < 0.01) return `${(value * 1e6).toFixed(0)} µs`;
  return value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`;
}

function formatRatio({ lamella, docker }: Medians): string {
  return lamella === undefined || docker === undefined ? '-' : (lamella / docker).toFixed(3);
}

function verdict(goal: Goal | undefined, medians: Medians): string {
  const met = goal?.met(medians);
  return met === undefined ? '' : met ? 'yes' : 'NO';
}
