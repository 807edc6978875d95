import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { integer, text } from '../../arguments/options.ts';
import { eachTarget } from '../../output/each-target.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: { en: 'Restart one or more containers', zh: '重启一个或多个容器' },
  arity: atLeast(1),
  completion: 'container',
  options: {
    signal: text({ en: 'Signal to send to the container', zh: '发送给容器的信号' }, { short: 's' }),
    timeout: integer(
      { en: 'Seconds to wait before killing the container', zh: '强制结束容器前等待的秒数' },
      { short: 't', alias: 'time' },
    ),
  },
  async run({ options, args, context }) {
    const engine = await context.containers();
    return eachTarget(context, args, async (container) => {
      await engine.restart(container, { signal: options.signal, timeout: options.timeout });
      await context.print(container);
    });
  },
});
