import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { formatRows, type TableDefinition } from '../../table/format-rows.ts';
import { tableFormat } from '../shared-options.ts';

interface Row {
  readonly registry: string;
  readonly url: string;
  readonly source: string;
}

const table: TableDefinition<Row> = {
  goType: '*formatter.mirrorContext',
  columns: [
    { name: 'Registry', header: 'REGISTRY', value: ({ registry }) => registry },
    { name: 'Mirror', header: 'MIRROR', value: ({ url }) => url },
    { name: 'Source', header: 'SOURCE', value: ({ source }) => source },
  ],
};

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: {
    en: 'List the mirrors of registries, in the order in which pulls ask them',
    zh: '列出各仓库的镜像加速地址（按拉取时的询问顺序）',
  },
  examples: [
    {
      command: "lamella mirror ls --format '{{.Mirror}}'",
      note: { en: 'Only their addresses', zh: '只显示地址' },
    },
  ],
  arity: none,
  completion: 'none',
  options: { format: tableFormat() },
  async run({ options, context }) {
    const settings = await (await context.registry()).mirrors();
    const rows = settings.flatMap(({ registry, mirrors, source }) =>
      mirrors.map((url) => ({ registry, url, source })),
    );
    const { format = 'table' } = options;
    await context.io.stdout.write(
      formatRows(table, rows, {
        format: format === 'table' ? 'table {{.Registry}}\t{{.Mirror}}\t{{.Source}}' : format,
      }),
    );
  },
});
