import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { containerRequest } from './container-request.ts';
import { checkImageName, createContainer, parsePullPolicy } from './create-container.ts';
import { createOptions } from './create-options.ts';
import { terminalSize } from './terminal-size.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  summary: { en: 'Create a new container', zh: '创建新容器' },
  examples: [
    {
      command: 'lamella create --name web app:1 && lamella start web',
      note: { en: 'Make it now, start it later', zh: '先创建，稍后启动' },
    },
  ],
  arity: atLeast(1),
  stopAtPositional: true,
  completion: 'image',
  failureCode: 1,
  options: createOptions,
  async run({ options, given, args, context }) {
    checkImageName(args[0] ?? '', 1);
    const policy = parsePullPolicy(options.pull);
    const engine = await context.containers();
    const size = terminalSize(context);
    const request = await containerRequest({ options, given, args, detach: false, size }, context.io);
    const id = await createContainer(context, engine, request, {
      policy,
      platform: options.platform,
      quiet: options.quiet,
    });
    await context.print(id);
  },
});
