import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, integer } from '../../arguments/options.ts';
import { formatRows } from '../../table/format-rows.ts';
import { listFilter, noTruncate, quietIds, tableFormat } from '../shared-options.ts';
import { containerTable, containerTableFormat } from './container-table.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'List containers', zh: '列出容器' },
  examples: [
    { command: 'lamella ps -a', note: { en: 'Also those that have ended', zh: '包括已退出的容器' } },
    {
      command: 'lamella rm $(lamella ps -aq --filter status=exited)',
      note: { en: 'Remove all that have ended', zh: '删除所有已退出的容器' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    all: flag(
      { en: 'Show all containers (default shows just running)', zh: '显示所有容器（默认只显示运行中的）' },
      { short: 'a' },
    ),
    filter: listFilter(),
    format: tableFormat(),
    last: integer(
      {
        en: 'Show n last created containers (includes all states)',
        zh: '显示最近创建的 n 个容器（包括所有状态）',
      },
      { short: 'n', default: -1 },
    ),
    latest: flag(
      {
        en: 'Show the latest created container (includes all states)',
        zh: '显示最近创建的容器（包括所有状态）',
      },
      { short: 'l' },
    ),
    'no-trunc': noTruncate(),
    quiet: quietIds({ en: 'Only display container IDs', zh: '只显示容器 ID' }),
    size: flag({ en: 'Display total file sizes', zh: '显示文件总大小' }, { short: 's' }),
  },
  async run({ options, context }) {
    const tableWanted = options.format === undefined || options.format === 'table';
    const plain = options.quiet ? '{{.ID}}' : containerTableFormat(options.size);
    const format = tableWanted ? plain : (options.format ?? '');
    const last = options.latest && (options.last ?? -1) < 0 ? 1 : (options.last ?? -1);
    const containers = await (
      await context.containers()
    ).list({
      all: options.all || last > 0,
      filters: options.filter,
      limit: Math.max(0, last),
      size: options.size || format.includes('.Size') || format === 'json',
    });
    const table = containerTable({ now: context.io.now(), noTruncate: options['no-trunc'] });
    const text = formatRows(table, containers, { format, errorPrefix: 'failed to execute template' });
    await context.io.stdout.write(text);
  },
});
