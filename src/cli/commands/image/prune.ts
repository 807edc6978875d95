import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import type { Text } from '../../languages/text.ts';
import { confirm } from '../../output/read-line.ts';
import {
  dryRunOption,
  forceOption,
  printReclaimed,
  printRemoved,
  removalLineText,
  untilFilter,
} from '../prune-output.ts';

const texts: Readonly<Record<'dangling' | 'all', Text>> = {
  dangling: {
    en: 'WARNING! This will remove all dangling images.',
    zh: 'WARNING! This will remove all dangling images.\n警告：将删除所有悬空镜像（没有名称的镜像）。',
  },
  all: {
    en: 'WARNING! This will remove all images without at least one container associated to them.',
    zh: 'WARNING! This will remove all images without at least one container associated to them.\n警告：将删除所有没有容器使用的镜像。',
  },
};

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Remove unused images', zh: '删除未使用的镜像' },
  examples: [
    {
      command: 'lamella image prune -a --dry-run',
      note: { en: 'What would go, and how much that frees', zh: '查看将删除什么、能释放多少空间' },
    },
    {
      command: 'lamella image prune -a -f --filter until=24h',
      note: { en: 'Unused images older than a day', zh: '删除一天前创建且未使用的镜像' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    all: flag(
      {
        en: 'Remove all unused images, not just dangling ones',
        zh: '删除所有未使用的镜像，而不仅是悬空镜像',
      },
      { short: 'a' },
    ),
    'dry-run': dryRunOption(),
    filter: untilFilter(),
    force: forceOption(),
  },
  async run({ options, context }) {
    const dryRun = options['dry-run'];
    if (!options.force && !dryRun) {
      if (!(await confirm(context, context.say(options.all ? texts.all : texts.dangling)))) return;
    }
    const engine = await context.images();
    const { lines, spaceReclaimed } = await engine.prune({
      all: options.all,
      filters: options.filter,
      dryRun,
    });
    await printRemoved(context, 'Images', lines.map(removalLineText), { dryRun });
    await printReclaimed(context, spaceReclaimed, { dryRun });
  },
});
