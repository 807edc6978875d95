import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';

import { eachTarget } from '../../output/each-target.ts';

export const command: Command = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  summary: {
    en: 'Block until one or more containers stop, then print their exit codes',
    zh: '等待一个或多个容器停止，然后输出其退出码',
  },
  arity: atLeast(1),
  completion: 'running-container',
  options: {},
  async run({ args, context }) {
    const engine = await context.containers();
    return eachTarget(context, args, async (container) => {
      const { exitCode } = await engine.wait(container, { condition: 'not-running' });
      await context.print(String(exitCode));
    });
  },
});
