import { isLamellaError } from '../../../base/errors.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { eachTarget } from '../../output/each-target.ts';

export const command: Command = defineCommand({
  usage: 'NETWORK [NETWORK...]',
  summary: { en: 'Remove one or more networks', zh: '删除一个或多个网络' },
  arity: atLeast(1),
  completion: 'network',
  options: {
    force: flag(
      { en: 'Do not error if the network does not exist', zh: '网络不存在时不报错' },
      { short: 'f' },
    ),
  },
  async run({ options, args, context }) {
    const networks = await context.networks();
    return eachTarget(context, args, async (name) => {
      try {
        await networks.remove(name);
      } catch (error) {
        if (options.force && isLamellaError(error, 'not-found')) return;
        throw error;
      }
      await context.print(name);
    });
  },
});
