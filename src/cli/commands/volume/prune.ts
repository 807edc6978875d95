import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { filter, flag } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { Text } from '../../languages/text.ts';
import { confirm } from '../../output/read-line.ts';
import { dryRunOption, forceOption, printReclaimed, printRemoved } from '../prune-output.ts';

const warnings: Readonly<Record<'anonymous' | 'all', Text>> = {
  anonymous: {
    en: 'WARNING! This will remove anonymous local volumes not used by at least one container.',
    zh: 'WARNING! This will remove anonymous local volumes not used by at least one container.\n警告：将删除所有没有容器使用的匿名卷。',
  },
  all: {
    en: 'WARNING! This will remove all local volumes not used by at least one container.',
    zh: 'WARNING! This will remove all local volumes not used by at least one container.\n警告：将删除所有没有容器使用的卷。',
  },
};

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Remove unused local volumes', zh: '删除未使用的卷' },
  arity: none,
  completion: 'none',
  options: {
    all: flag(
      { en: 'Remove all unused volumes, not just anonymous ones', zh: '删除所有未使用的卷，而不仅是匿名卷' },
      { short: 'a' },
    ),
    'dry-run': dryRunOption(),
    filter: filter({
      en: 'Provide filter values (e.g. "label=<label>")',
      zh: '指定过滤条件（例如 "label=<label>"）',
    }),
    force: forceOption(),
  },
  async run({ options, context }) {
    const { all, force, 'dry-run': dryRun } = options;
    if (all && options.filter['all'] !== undefined) {
      throw new CliError('conflicting options: cannot specify both --all and --filter all=1');
    }
    if (!force && !dryRun && !(await confirm(context, context.say(all ? warnings.all : warnings.anonymous))))
      return;
    const volumes = await context.volumes();
    const { removed, spaceReclaimed } = await volumes.prune({
      filters: all ? { ...options.filter, all: ['true'] } : options.filter,
      dryRun,
    });
    await printRemoved(context, 'Volumes', removed, { dryRun });
    await printReclaimed(context, spaceReclaimed, { dryRun });
  },
});
