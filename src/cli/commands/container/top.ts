import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { displayWidth } from '../../table/display-width.ts';
import { escapeControl } from '../../table/escape-control.ts';

/** Of a column, in characters, as Docker has it; the last one is as wide as its text. */
const leastWidth = 20;
const gap = 3;

export const command: Command = defineCommand({
  usage: 'CONTAINER [ps OPTIONS]',
  summary: { en: 'Display the running processes of a container', zh: '显示容器中运行的进程' },
  examples: [
    {
      command: 'lamella top web -o pid,user,args',
      note: { en: 'Columns as ps(1) names them', zh: '按 ps(1) 的名称选择列' },
    },
  ],
  arity: atLeast(1),
  stopAtPositional: true,
  completion: 'running-container',
  options: {},
  async run({ args, context }) {
    const [container = '', ...options] = args;
    const { Titles, Processes } = await (await context.containers()).top(container, options.join(' '));
    const rows = [Titles, ...Processes.map((cells) => cells.map(escapeControl))];
    const widths = Titles.map((_, column) =>
      Math.max(leastWidth, ...rows.map((cells) => displayWidth(cells[column] ?? '') + gap)),
    );
    for (const cells of rows) {
      const padded = cells.map((cell, column) =>
        column === Titles.length - 1
          ? cell
          : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell))),
      );
      await context.print(padded.join(''));
    }
  },
});
