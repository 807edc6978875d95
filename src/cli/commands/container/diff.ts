import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { escapeControl } from '../../table/escape-control.ts';

const letters = ['C', 'A', 'D'] as const;

export const command: Command = defineCommand({
  usage: 'CONTAINER',
  summary: {
    en: "Inspect changes to files or directories on a container's filesystem",
    zh: '查看容器文件系统中文件和目录的变更',
  },
  arity: exactly(1),
  completion: 'container',
  options: {},
  async run({ args, context }) {
    const changes = await (await context.containers()).diff(args[0] as string);
    const lines = changes.map(({ Kind, Path }) => `${letters[Kind]} ${escapeControl(Path)}\n`);
    await context.io.stdout.write(lines.join(''));
  },
});
