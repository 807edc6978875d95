import type { ContainerUpdate } from '../../../engine/ports/container-engine.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { text, type OptionTable, type TextOption } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { eachTarget } from '../../output/each-target.ts';
import {
  changeableOptions,
  changeableRequest,
  type ChangeableOptions,
} from './creation/changeable-options.ts';
import { parseRestartPolicy } from './creation/restart-policy.ts';

interface UpdateOptions extends OptionTable, ChangeableOptions {
  readonly restart: TextOption;
}

const options: UpdateOptions = {
  ...changeableOptions,
  restart: text(
    { en: 'Restart policy to apply when a container exits', zh: '容器退出后的重启策略' },
    { choices: ['no', 'always', 'unless-stopped', 'on-failure'] },
  ),
};

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: { en: 'Update configuration of one or more containers', zh: '更改一个或多个容器的配置' },
  examples: [
    {
      command: 'lamella update --memory 512m --memory-swap 1g web',
      note: { en: 'More memory, at once', zh: '立即调整内存上限' },
    },
    {
      command: 'lamella update --restart unless-stopped web',
      note: { en: 'Start it again when it fails', zh: '出错退出后自动重启' },
    },
  ],
  arity: atLeast(1),
  completion: 'container',
  options,
  async run({ options: values, given, args, context }) {
    if (given.size === 0) throw new CliError('you must provide one or more flags when using this command');
    const update: ContainerUpdate = {
      ...changeableRequest(values),
      ...(values.restart === undefined ? {} : { RestartPolicy: restartPolicy(values.restart) }),
    };
    const engine = await context.containers();
    const warnings: string[] = [];
    const code = await eachTarget(context, args, async (container) => {
      warnings.push(...(await engine.update(container, update)).warnings);
      await context.print(container);
    });
    if (warnings.length > 0) await context.print(warnings.join('\n'));
    return code;
  },
});

/** What is wrong with it ends `update` as any error does, where `run` has an exit code of its own. */
function restartPolicy(written: string): NonNullable<ContainerUpdate['RestartPolicy']> {
  try {
    return parseRestartPolicy(written, { rm: false });
  } catch (error) {
    throw error instanceof CliError ? new CliError(error.message) : error;
  }
}
