import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { printBootReport } from './print-boot-report.ts';

export const command: Command = defineCommand({
  usage: '',
  summary: {
    en: 'Stop all containers as before a shutdown: their restart policies hold on',
    zh: '停止所有容器（如关机之前），其重启策略继续有效',
  },
  arity: none,
  completion: 'none',
  options: {},
  async run({ context }) {
    return await printBootReport(context, await (await context.system()).stopContainers());
  },
});
