import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { isLamellaError } from '../../../base/errors.ts';
import { flag } from '../../arguments/options.ts';
import { errorLine } from '../../errors/print-error.ts';
import { eachTarget } from '../../output/each-target.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: { en: 'Remove one or more containers', zh: '删除一个或多个容器' },
  arity: atLeast(1),
  completion: 'container',
  options: {
    force: flag(
      {
        en: 'Force the removal of a running container (uses SIGKILL)',
        zh: '强制删除运行中的容器（使用 SIGKILL）',
      },
      { short: 'f' },
    ),
    volumes: flag(
      { en: 'Remove anonymous volumes associated with the container', zh: '同时删除容器的匿名卷' },
      { short: 'v' },
    ),
  },
  async run({ options, args, context }) {
    const engine = await context.containers();
    return eachTarget(context, args, async (container) => {
      try {
        await engine.remove(container, { force: options.force, volumes: options.volumes });
      } catch (error) {
        // With -f a container that is not there is no failure, only told.
        if (!options.force || !isLamellaError(error, 'not-found')) throw error;
        await context.warn(errorLine(error));
        return;
      }
      await context.print(container);
    });
  },
});
