import { atMost } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { formatRows } from '../../table/format-rows.ts';
import { listFilter, noTruncate, quietIds, tableFormat } from '../shared-options.ts';
import { imageRows, imageTable, imageTableFormat } from './image-table.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  summary: { en: 'List images', zh: '列出镜像' },
  examples: [
    { command: 'lamella images', note: { en: 'All images that have a name', zh: '列出所有有名称的镜像' } },
    {
      command: 'lamella images --filter dangling=true -q',
      note: { en: 'IDs of images that have lost their names', zh: '只显示失去名称的镜像 ID' },
    },
    {
      command: "lamella images --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
      note: { en: 'Only what a script needs', zh: '只输出脚本需要的内容' },
    },
  ],
  arity: atMost(1),
  completion: 'image',
  options: {
    all: flag(
      { en: 'Show all images (default hides intermediate images)', zh: '显示所有镜像（默认隐藏中间镜像）' },
      { short: 'a' },
    ),
    digests: flag({ en: 'Show digests', zh: '显示摘要' }),
    filter: listFilter(),
    format: tableFormat(),
    'no-trunc': noTruncate(),
    quiet: quietIds({ en: 'Only show image IDs', zh: '只显示镜像 ID' }),
    tree: flag({ en: 'Show which image was made from which', zh: '以树形显示镜像之间的来源关系' }),
  },
  async run({ options, args, context }) {
    const [name] = args;
    const filters =
      name === undefined
        ? options.filter
        : { ...options.filter, reference: [...(options.filter['reference'] ?? []), name] };
    const engine = await context.images();
    if (options.tree) {
      const { formatImageTree } = await import('./image-tree.ts');
      const images = await engine.list({ all: true, filters });
      await context.io.stdout.write(formatImageTree(images, { now: context.io.now() }));
      return;
    }
    const images = await engine.list({ all: options.all, filters });
    const tableWanted = options.format === undefined || options.format === 'table';
    const plain = options.quiet ? '{{.ID}}' : imageTableFormat(options.digests);
    const format = tableWanted ? plain : (options.format ?? '');
    const rows = imageRows(images, { digests: options.digests || format.includes('{{.Digest}}') });
    const table = imageTable({ now: context.io.now(), noTruncate: options['no-trunc'] });
    await context.io.stdout.write(formatRows(table, rows, { format }));
  },
});
