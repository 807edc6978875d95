import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { completionScript } from '../../completion/scripts.ts';
import { CliError } from '../../errors/cli-error.ts';

export const command: Command = defineCommand({
  usage: 'SHELL',
  summary: {
    en: 'Generate the completion script for bash, zsh or fish',
    zh: '生成 bash、zsh 或 fish 的自动补全脚本',
  },
  examples: [
    {
      command: 'source <(lamella completion bash)',
      note: { en: 'For this shell', zh: '在当前 shell 中启用' },
    },
    {
      command: 'lamella completion fish > ~/.config/fish/completions/lamella.fish',
      note: { en: 'For good, in fish', zh: '在 fish 中永久启用' },
    },
  ],
  arity: exactly(1),
  completion: 'none',
  options: {},
  async run({ args, context }) {
    const [shell = ''] = args;
    const program = context.commandName.split(' ')[0] ?? 'lamella';
    const script = completionScript(shell, program);
    if (script === undefined) {
      throw new CliError(`unknown shell: ${shell}`, { hint: 'bash, zsh, fish' });
    }
    await context.io.stdout.write(script);
  },
});
