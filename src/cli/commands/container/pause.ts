import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { eachTarget } from '../../output/each-target.ts';

export const command: Command = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  summary: {
    en: 'Pause all processes within one or more containers',
    zh: '暂停一个或多个容器中的所有进程',
  },
  arity: atLeast(1),
  completion: 'running-container',
  options: {},
  async run({ args, context }) {
    const engine = await context.containers();
    return eachTarget(context, args, async (container) => {
      await engine.pause(container);
      await context.print(container);
    });
  },
});
