import type { NetworkSummary } from '../../../engine/ports/network-engine.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { filter } from '../../arguments/options.ts';
import { goTime } from '../../output/local-time.ts';
import { shortId } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { formatRows, type TableDefinition } from '../../table/format-rows.ts';
import { noTruncate, quietIds, tableFormat } from '../shared-options.ts';

/** What `network ls --format` can name (docker/cli formatter.networkContext). */
function networkTable(whole: boolean): TableDefinition<NetworkSummary> {
  return {
    goType: '*network.networkContext',
    columns: [
      { name: 'ID', header: 'NETWORK ID', value: ({ Id }) => (whole ? Id : shortId(Id)) },
      { name: 'Name', header: 'NAME', value: ({ Name }) => escapeControl(Name) },
      { name: 'Driver', header: 'DRIVER', value: ({ Driver }) => Driver },
      { name: 'Scope', header: 'SCOPE', value: ({ Scope }) => Scope },
      { name: 'IPv4', header: 'IPV4', value: () => 'true' },
      { name: 'IPv6', header: 'IPV6', value: ({ EnableIPv6 }) => String(EnableIPv6) },
      { name: 'Internal', header: 'INTERNAL', value: ({ Internal }) => String(Internal) },
      { name: 'Labels', header: 'LABELS', value: labelsText },
      {
        name: 'CreatedAt',
        header: 'CREATED AT',
        value: ({ Created }) => goTime(Date.parse(Created) / 1000),
      },
    ],
  };
}

function labelsText({ Labels }: NetworkSummary): string {
  return Object.entries(Labels)
    .map(([key, value]) => escapeControl(`${key}=${value}`))
    .toSorted()
    .join(',');
}

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'List networks', zh: '列出网络' },
  examples: [
    {
      command: 'lamella network ls -f type=custom',
      note: { en: 'Without those that are always there', zh: '不包括预定义的网络' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    filter: filter(
      { en: 'Provide filter values (e.g. "driver=bridge")', zh: '指定过滤条件（例如 "driver=bridge"）' },
      { short: 'f' },
    ),
    format: tableFormat(),
    'no-trunc': noTruncate(),
    quiet: quietIds({ en: 'Only display network IDs', zh: '只显示网络 ID' }),
  },
  async run({ options, context }) {
    const rows = await (await context.networks()).list({ filters: options.filter });
    const { format = 'table' } = options;
    const plain = options.quiet ? '{{.ID}}' : 'table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}';
    const table = networkTable(options['no-trunc']);
    await context.io.stdout.write(formatRows(table, rows, { format: format === 'table' ? plain : format }));
  },
});
