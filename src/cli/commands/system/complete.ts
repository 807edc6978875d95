import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { complete } from '../../completion/complete.ts';

/** Hidden: the completion scripts call it with the words typed so far; it prints one candidate a line. */
export const command: Command = defineCommand({
  usage: 'WORD...',
  summary: { en: 'Complete a command line', zh: '补全命令行' },
  arity: atLeast(0),
  stopAtPositional: true,
  completion: 'none',
  options: {},
  async run({ args, context }) {
    const candidates = await complete(args, context);
    await context.io.stdout.write(candidates.map((candidate) => `${candidate}\n`).join(''));
  },
});
