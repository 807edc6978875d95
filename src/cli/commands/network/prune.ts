import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import type { Text } from '../../languages/text.ts';
import { confirm } from '../../output/read-line.ts';
import { dryRunOption, forceOption, printRemoved, untilFilter } from '../prune-output.ts';

const warning: Text = {
  en: 'WARNING! This will remove all custom networks not used by at least one container.',
  zh: 'WARNING! This will remove all custom networks not used by at least one container.\n警告：将删除所有没有容器使用的自定义网络。',
};

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Remove all unused networks', zh: '删除所有未使用的网络' },
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
    const { removed } = await (await context.networks()).prune({ filters: options.filter, dryRun });
    await printRemoved(context, 'Networks', removed, { dryRun });
  },
});
