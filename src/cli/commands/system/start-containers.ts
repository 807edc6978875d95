import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { printBootReport } from './print-boot-report.ts';

export const command: Command = defineCommand({
  usage: '',
  summary: {
    en: 'Start the containers that their restart policy wants to run, as after a boot',
    zh: '启动重启策略要求运行的容器（如开机之后）',
  },
  arity: none,
  completion: 'none',
  options: {},
  async run({ context }) {
    return await printBootReport(context, await (await context.system()).startContainers());
  },
});
