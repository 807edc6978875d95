import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { eachTarget } from '../../output/each-target.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  summary: {
    en: 'Remove one or more volumes. You cannot remove a volume that is in use by a container.',
    zh: '删除一个或多个卷。不能删除容器正在使用的卷。',
  },
  arity: atLeast(1),
  completion: 'volume',
  options: {
    force: flag({ en: 'Force the removal of one or more volumes', zh: '强制删除' }, { short: 'f' }),
  },
  async run({ options, args, context }) {
    const volumes = await context.volumes();
    return eachTarget(context, args, async (name) => {
      await volumes.remove(name, { force: options.force });
      await context.print(name);
    });
  },
});
