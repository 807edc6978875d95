import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import type { Text } from '../../languages/text.ts';
import { confirm } from '../../output/read-line.ts';
import { dryRunOption, forceOption, printReclaimed, printRemoved, untilFilter } from '../prune-output.ts';

const warning: Text = {
  en: 'WARNING! This will remove all stopped containers.',
  zh: 'WARNING! This will remove all stopped containers.\n警告：将删除所有已停止的容器。',
};

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Remove all stopped containers', zh: '删除所有已停止的容器' },
  arity: none,
  completion: 'none',
  options: {
    'dry-run': dryRunOption(),
    filter: untilFilter(),
    force: forceOption(),
  },
  async run({ options, context }) {
    const dryRun = options['dry-run'];
    if (!options.force && !dryRun && !(await confirm(context, context.say(warning)))) return;
    const engine = await context.containers();
    const { removed, spaceReclaimed } = await engine.prune({ filters: options.filter, dryRun });
    await printRemoved(context, 'Containers', removed, { dryRun });
    await printReclaimed(context, spaceReclaimed, { dryRun });
  },
});
