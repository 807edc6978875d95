import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { filter, flag } from '../../arguments/options.ts';
import type { Text } from '../../languages/text.ts';
import { confirm } from '../../output/read-line.ts';

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
    filter: filter({
      en: 'Provide filter values (e.g. "until=<timestamp>")',
      zh: '指定过滤条件（例如 "until=<timestamp>"）',
    }),
    force: flag({ en: 'Do not prompt for confirmation', zh: '不提示确认' }, { short: 'f' }),
  },
  async run({ options, context }) {
    if (!options.force && !(await confirm(context, context.say(warning)))) return;
    const { removed } = await (await context.networks()).prune({ filters: options.filter });
    if (removed.length > 0) await context.print(`Deleted Networks:\n${removed.join('\n')}\n`);
  },
});
