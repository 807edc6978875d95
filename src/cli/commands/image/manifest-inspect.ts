import { isLamellaError } from '../../../base/errors.ts';
import { between } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { BareError } from '../../errors/cli-error.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { checkReference } from '../client-reference.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] [MANIFEST_LIST] MANIFEST',
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
  arity: between(1, 2),
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
  async run({ options: { verbose }, args, context }) {
    const { io } = context;
    const name = args.at(-1) ?? '';
    checkReference(name);
    const engine = await context.registry();
    const found = await engine.manifest(name, { verbose, signal: io.signal }).catch((error: unknown) => {
      throw isLamellaError(error) ? new BareError(error) : error;
    });
    const text =
      'bytes' in found && found.bytes instanceof Uint8Array
        ? formatDocument(Buffer.from(found.bytes).toString('utf8'))
        : JSON.stringify(found, undefined, '\t');
    await context.print(io.stdout.isTerminal ? text.replace(/[^\n\t]+/g, escapeControl) : text);
  },
});

/** Docker indents lists by three spaces and manifests by a tab. */
function formatDocument(text: string): string {
  const document = JSON.parse(text) as object;
  return JSON.stringify(document, undefined, 'manifests' in document ? 3 : '\t');
}
