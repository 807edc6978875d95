import type { HistoryItem } from '../../../engine/ports/image-engine.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { rfc3339 } from '../../output/local-time.ts';
import { ellipsis, shortId } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { formatRows, type TableDefinition } from '../../table/format-rows.ts';
import { humanDuration } from '../../../oci/human-duration.ts';
import { humanSize } from '../../table/units.ts';
import { noTruncate, quietIds, tableFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] IMAGE',
  summary: { en: 'Show the history of an image', zh: '显示镜像的历史' },
  examples: [
    {
      command: 'lamella history --no-trunc debian:12',
      note: { en: 'Which instruction made each layer, in full', zh: '完整显示生成每一层的指令' },
    },
  ],
  arity: exactly(1),
  completion: 'image',
  options: {
    format: tableFormat(),
    human: flag(
      { en: 'Print sizes and dates in human readable format', zh: '以易读格式显示大小和日期' },
      { short: 'H', default: true },
    ),
    'no-trunc': noTruncate(),
    quiet: quietIds({ en: 'Only show image IDs', zh: '只显示镜像 ID' }),
  },
  async run({ options, args, context }) {
    const history = await (await context.images()).history(args[0] as string);
    const created = options.human ? '{{.CreatedSince}}' : '{{.CreatedAt}}';
    const columns = `table {{.ID}}\t${created}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}`;
    const asked = options.format === undefined || options.format === 'table' ? columns : options.format;
    const table = historyTable({
      now: context.io.now(),
      human: options.human,
      noTruncate: options['no-trunc'],
    });
    await context.io.stdout.write(formatRows(table, history, { format: options.quiet ? '{{.ID}}' : asked }));
  },
});

/** What `history --format` can name (docker/cli image.historyContext). */
function historyTable({
  now,
  human,
  noTruncate,
}: {
  now: number;
  human: boolean;
  noTruncate: boolean;
}): TableDefinition<HistoryItem> {
  return {
    goType: '*image.historyContext',
    columns: [
      { name: 'ID', header: 'IMAGE', value: ({ Id }) => (noTruncate ? Id : shortId(Id)) },
      {
        name: 'CreatedAt',
        header: 'CREATED AT',
        value: ({ Created }) => (Created <= 0 ? 'N/A' : rfc3339(Created)),
      },
      {
        name: 'CreatedSince',
        header: 'CREATED',
        value: ({ Created }) => {
          if (!human) return Created <= 0 ? 'N/A' : rfc3339(Created);
          return Created <= 0 ? 'N/A' : `${humanDuration(now - Created * 1000)} ago`;
        },
      },
      {
        name: 'CreatedBy',
        header: 'CREATED BY',
        value: ({ CreatedBy }) => {
          const shown = escapeControl(CreatedBy.replaceAll('\t', ' '));
          return noTruncate ? shown : ellipsis(shown, 45);
        },
      },
      { name: 'Size', header: 'SIZE', value: ({ Size }) => (human ? humanSize(Size, 3) : String(Size)) },
      { name: 'Comment', header: 'COMMENT', value: ({ Comment }) => escapeControl(Comment) },
    ],
  };
}
