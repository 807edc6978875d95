import type { VolumeSummary } from '../../../engine/ports/volume-engine.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { filter } from '../../arguments/options.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { formatRows, type TableDefinition } from '../../table/format-rows.ts';
import { quietIds, tableFormat } from '../shared-options.ts';

/** What Docker knows of cluster volumes and of sizes only where it is asked for those. */
const unknown = (): string => 'N/A';

/** @param usage what of it is known */
export function volumeTable<Row extends VolumeSummary>(
  usage: { links: (row: Row) => string; size: (row: Row) => string } = { links: unknown, size: unknown },
): TableDefinition<Row> {
  return {
    goType: '*formatter.volumeContext',
    columns: [
      { name: 'Name', header: 'VOLUME NAME', value: ({ Name }) => Name },
      { name: 'Driver', header: 'DRIVER', value: ({ Driver }) => Driver },
      { name: 'Scope', header: 'SCOPE', value: ({ Scope }) => Scope },
      { name: 'Mountpoint', header: 'MOUNTPOINT', value: ({ Mountpoint }) => escapeControl(Mountpoint) },
      { name: 'Labels', header: 'LABELS', value: labelsText },
      { name: 'Links', header: 'LINKS', value: usage.links },
      { name: 'Size', header: 'SIZE', value: usage.size },
      { name: 'Group', header: 'GROUP', value: unknown },
      { name: 'Availability', header: 'AVAILABILITY', value: unknown },
      { name: 'Status', header: 'STATUS', value: unknown },
    ],
  };
}

function labelsText({ Labels }: VolumeSummary): string {
  return Object.entries(Labels ?? {})
    .map(([key, value]) => escapeControl(`${key}=${value}`))
    .toSorted()
    .join(',');
}

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'List volumes', zh: '列出卷' },
  examples: [
    {
      command: 'lamella volume ls -f dangling=true',
      note: { en: 'Those that no container has', zh: '没有容器使用的卷' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    filter: filter(
      { en: 'Provide filter values (e.g. "dangling=true")', zh: '指定过滤条件（例如 "dangling=true"）' },
      { short: 'f' },
    ),
    format: tableFormat(),
    quiet: quietIds({ en: 'Only display volume names', zh: '只显示卷名称' }),
  },
  async run({ options, context }) {
    const rows = await (await context.volumes()).list({ filters: options.filter });
    const { format = 'table' } = options;
    const plain = options.quiet ? '{{.Name}}' : 'table {{.Driver}}\t{{.Name}}';
    await context.io.stdout.write(
      formatRows(volumeTable(), rows, { format: format === 'table' ? plain : format }),
    );
  },
});
