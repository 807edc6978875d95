import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { escapeControl } from '../../table/escape-control.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] MANIFEST',
  summary: {
    en: 'Display an image manifest, or manifest list, of a registry',
    zh: '显示仓库中的镜像清单或清单列表',
  },
  examples: [
    {
      command: 'lamella manifest inspect debian:13',
      note: { en: 'For which platforms there is one', zh: '查看支持哪些平台' },
    },
    {
      command: 'lamella manifest inspect -v debian:13',
      note: { en: "With each platform's layers", zh: '同时显示每个平台的各层' },
    },
  ],
  arity: exactly(1),
  completion: 'image',
  options: {
    insecure: flag(
      { en: 'Allow communication with an insecure registry', zh: '允许与不安全的仓库通信' },
      { hidden: true },
    ),
    verbose: flag(
      { en: 'Output additional info including layers and platform', zh: '输出更多信息，包括各层和平台' },
      { short: 'v' },
    ),
  },
  async run({ options: { verbose }, args: [name = ''], context }) {
    const engine = await context.registry();
    const { io } = context;
    const found = await engine.manifest(name, { verbose, signal: io.signal });
    const text =
      'bytes' in found && found.bytes instanceof Uint8Array
        ? indent(Buffer.from(found.bytes))
        : JSON.stringify(found, undefined, '\t');
    await context.print(io.stdout.isTerminal ? text.replace(/[^\n\t]+/g, escapeControl) : text);
  },
});

/** The document's own text, its spaces set anew: JSON that is parsed and written again may lose digits. */
function indent(bytes: Buffer): string {
  return JSON.stringify(JSON.parse(bytes.toString('utf8')), undefined, '\t');
}
