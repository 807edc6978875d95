import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { text } from '../../arguments/options.ts';
import { eachTarget } from '../../output/each-target.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: { en: 'Kill one or more running containers', zh: '强制结束一个或多个运行中的容器' },
  arity: atLeast(1),
  completion: 'running-container',
  options: {
    signal: text({ en: 'Signal to send to the container', zh: '发送给容器的信号' }, { short: 's' }),
  },
  async run({ options, args, context }) {
    const engine = await context.containers();
    return eachTarget(context, args, async (container) => {
      await engine.kill(container, { signal: options.signal ?? 'KILL' });
      await context.print(container);
    });
  },
});
