import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { CliError } from '../../errors/cli-error.ts';
import { errorLine } from '../../errors/print-error.ts';

export const command: Command = defineCommand({
  usage: 'CONTAINER NEW_NAME',
  summary: { en: 'Rename a container', zh: '重命名容器' },
  arity: exactly(2),
  completion: 'container',
  options: {},
  async run({ args, context }) {
    const [container = '', name = ''] = args;
    if (container.trim() === '' || name.trim() === '') {
      throw new CliError('Error: Neither old nor new names may be empty');
    }
    try {
      await (await context.containers()).rename(container, name);
    } catch (error) {
      await context.warn(errorLine(error));
      throw new CliError(`Error: failed to rename container named ${container}`);
    }
  },
});
