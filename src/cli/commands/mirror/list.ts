import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import type { MirrorSetting } from '../../../engine/ports/registry-engine.ts';
import type { Text } from '../../languages/text.ts';
import { humanDuration } from '../../../oci/human-duration.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { formatRows, type TableDefinition } from '../../table/format-rows.ts';
import { tableFormat } from '../shared-options.ts';

const texts: Readonly<Record<'inTurn' | 'last', Text>> = {
  inTurn: { en: 'in turn', zh: '按顺序' },
  last: { en: 'asked last for %s: %s', zh: '暂排最后（%s）：%s' },
};

interface Row {
  readonly registry: string;
  readonly url: string;
  readonly source: string;
  readonly status: string;
}

const table: TableDefinition<Row> = {
  goType: '*formatter.mirrorContext',
  columns: [
    { name: 'Registry', header: 'REGISTRY', value: ({ registry }) => registry },
    { name: 'Mirror', header: 'MIRROR', value: ({ url }) => url },
    { name: 'Status', header: 'STATUS', value: ({ status }) => status },
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
    const status = ({ until, reason }: MirrorSetting['paused'][number]): string =>
      context.say(texts.last, humanDuration(until - context.io.now()), escapeControl(reason));
    const rows = settings.flatMap(({ registry, mirrors, source, paused }) =>
      mirrors.map((url) => {
        const pause = paused.find((each) => each.url === url);
        return {
          registry,
          url,
          source,
          status: pause === undefined ? context.say(texts.inTurn) : status(pause),
        };
      }),
    );
    const { format = 'table' } = options;
    await context.io.stdout.write(
      formatRows(table, rows, {
        format: format === 'table' ? 'table {{.Registry}}\t{{.Mirror}}\t{{.Source}}\t{{.Status}}' : format,
      }),
    );
  },
});
