import type { Filters } from '../../../engine/ports/common.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { filter, flag } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { Text } from '../../languages/text.ts';
import type { CommandContext } from '../../output/context.ts';
import { confirm } from '../../output/read-line.ts';
import { dryRunOption, forceOption, printReclaimed, printRemoved, removalLineText } from '../prune-output.ts';

const parts = {
  containers: { en: 'all stopped containers', zh: '所有已停止的容器' },
  networks: { en: 'all networks not used by at least one container', zh: '所有没有容器使用的网络' },
  volumes: {
    en: 'all anonymous volumes not used by at least one container',
    zh: '所有没有容器使用的匿名卷',
  },
  dangling: { en: 'all dangling images', zh: '所有悬空镜像（没有名称的镜像）' },
  images: {
    en: 'all images without at least one container associated to them',
    zh: '所有没有容器使用的镜像',
  },
} satisfies Readonly<Record<string, Text>>;

const texts = {
  warning: { en: 'WARNING! This will remove:', zh: 'WARNING! This will remove:\n警告：将删除：' },
  filters: {
    en: '  Items to be pruned will be filtered with:',
    zh: '  Items to be pruned will be filtered with:\n  只处理符合以下条件的：',
  },
} satisfies Readonly<Record<string, Text>>;

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Remove unused data', zh: '删除未使用的数据' },
  examples: [
    {
      command: 'lamella system prune -a --volumes --dry-run',
      note: { en: 'All that would go, and how much that frees', zh: '查看将删除的全部内容以及释放的空间' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    all: flag(
      {
        en: 'Remove all unused images not just dangling ones',
        zh: '删除所有未使用的镜像，而不仅是悬空镜像',
      },
      { short: 'a' },
    ),
    'dry-run': dryRunOption(),
    filter: filter({
      en: 'Provide filter values (e.g. "label=<key>=<value>")',
      zh: '指定过滤条件（例如 "label=<key>=<value>"）',
    }),
    force: forceOption(),
    volumes: flag({ en: 'Prune anonymous volumes', zh: '同时删除匿名卷' }),
  },
  async run({ options, context }) {
    const { all, volumes, filter: filters, 'dry-run': dryRun } = options;
    if (volumes && filters['until'] !== undefined) {
      throw new CliError('ERROR: The "until" filter is not supported with "--volumes"');
    }
    if (!options.force && !dryRun && !(await confirm(context, warning(context, { all, volumes, filters })))) {
      return;
    }
    let reclaimed = 0;
    const containers = await (await context.containers()).prune({ filters, dryRun });
    await printRemoved(context, 'Containers', containers.removed, { dryRun });
    reclaimed += containers.spaceReclaimed;
    const withoutContainers = dryRun ? containers.removed : [];

    const networks = await (await context.networks()).prune({ filters, dryRun });
    await printRemoved(context, 'Networks', networks.removed, { dryRun });

    if (volumes) {
      const report = await (await context.volumes()).prune({ filters, dryRun, withoutContainers });
      await printRemoved(context, 'Volumes', report.removed, { dryRun });
      reclaimed += report.spaceReclaimed;
    }

    const images = await (await context.images()).prune({ all, filters, dryRun, withoutContainers });
    await printRemoved(context, 'Images', images.lines.map(removalLineText), { dryRun });
    reclaimed += images.spaceReclaimed;
    await printReclaimed(context, reclaimed, { dryRun });
  },
});

function warning(
  context: CommandContext,
  { all, volumes, filters }: { all: boolean; volumes: boolean; filters: Filters },
): string {
  const what = [
    parts.containers,
    parts.networks,
    ...(volumes ? [parts.volumes] : []),
    all ? parts.images : parts.dangling,
  ];
  const conditions = Object.entries(filters).flatMap(([key, values]) =>
    values.map((value) => `  - ${key}=${value}`),
  );
  return [
    context.say(texts.warning),
    ...what.map((part) => `  - ${context.say(part)}`),
    ...(conditions.length === 0 ? [] : ['', context.say(texts.filters), ...conditions]),
    '',
  ].join('\n');
}
