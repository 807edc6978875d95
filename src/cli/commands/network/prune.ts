import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { filter, flag } from '../../arguments/options.ts';
import type { Text } from '../../languages/text.ts';
import { confirm } from '../../output/read-line.ts';
import { dryRunOption, printRemoved } from '../prune-output.ts';

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
    filter: filter({
      en: 'Provide filter values (e.g. "until=<timestamp>")',
      zh: '指定过滤条件（例如 "until=<timestamp>"）',
    }),
    force: flag({ en: 'Do not prompt for confirmation', zh: '不提示确认' }, { short: 'f' }),
  },
  async run({ options, context }) {
    const dryRun = options['dry-run'];
    if (!options.force && !dryRun && !(await confirm(context, context.say(warning)))) return;
    const { removed } = await (await context.networks()).prune({ filters: options.filter, dryRun });
    await printRemoved(context, 'Networks', removed, { dryRun });
  },
});
