import type { ApiObject, ApiValue } from '../../../engine/ports/common.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { formatValueOrJson } from '../format-value-or-json.ts';
import { inspectFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Show the Lamella version information', zh: '显示 Lamella 的版本信息' },
  arity: none,
  completion: 'none',
  options: { format: inspectFormat() },
  async run({ options, context }) {
    const version = await (await context.system()).version();
    if (options.format !== undefined && options.format !== '') {
      // There is no daemon: whoever asks for the server's version gets the one that does the work.
      const both = { Client: version, Server: version };
      await context.print(formatValueOrJson(both, options.format));
      return;
    }
    const { Components, Os, Arch, ...rest } = version;
    const own: ApiObject = { ...rest, 'OS/Arch': `${text(Os)}/${text(Arch)}` };
    const lines = ['Lamella:', ...fields(own, ' ')];
    for (const component of (Components ?? []) as readonly ApiObject[]) {
      const { Name, Details, ...fixed } = component;
      lines.push(` ${text(Name)}:`, ...fields({ ...fixed, ...(Details as ApiObject | undefined) }, '  '));
    }
    await context.print(lines.join('\n'));
  },
});

const labels: Readonly<Record<string, string>> = {
  ApiVersion: 'API version',
  MinAPIVersion: 'Minimum API version',
  GitCommit: 'Git commit',
  KernelVersion: 'Kernel version',
  NodeVersion: 'Node.js version',
  SqliteVersion: 'SQLite version',
};

function text(value: ApiValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function fields(values: ApiObject, indent: string): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === null || value === '' || typeof value === 'object') return [];
    return [`${indent}${`${labels[key] ?? key}:`.padEnd(19)}${value}`];
  });
}
