import { tap } from '../../../base/streams.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { openSource } from '../../output/open-source.ts';
import { isRegularFile } from '../../output/read-input.ts';
import { createProgress } from '../../progress/progress.ts';
import { escapeControl } from '../../table/escape-control.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Load an image from a tar archive or STDIN', zh: '从 tar 归档或标准输入加载镜像' },
  examples: [
    { command: 'lamella load -i images.tar', note: { en: 'From a file', zh: '从文件加载' } },
    {
      command: 'ssh host docker save app:1 | lamella load',
      note: { en: 'From another machine, without a file between', zh: '直接从另一台机器加载，无需中间文件' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    input: text(
      { en: 'Read from tar archive file, instead of STDIN', zh: '从 tar 归档文件读取，而不是标准输入' },
      { short: 'i' },
    ),
    platform: text({
      en: 'Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
      zh: '只加载指定平台的版本，格式为 "os[/arch[/variant]]"（例如 "linux/amd64"）',
    }),
    quiet: flag({ en: 'Suppress the load output', zh: '不显示加载过程' }, { short: 'q' }),
  },
  async run({ options, context }) {
    const { io } = context;
    if (options.input === undefined && io.stdin.isTerminal) {
      throw new CliError('requested load from stdin, but stdin is empty');
    }
    const engine = await context.images();
    // A file is read out of order by the engine, so that layers that are here already are skipped.
    const path = options.input ?? '/dev/stdin';
    const source = (await isRegularFile(path)) ? { path } : undefined;
    await using input = await openSource(context, options.input ?? '-', io.signal);
    using progress = createProgress(context, { total: input.size, quiet: options.quiet });
    const content = tap(input.content, (bytes) => progress.advance(bytes.byteLength));
    const loaded = engine.load(source ?? content, {
      platform: options.platform,
      signal: io.signal,
      onProgress: (event) => progress.onProgress(event),
    });
    const lines: string[] = [];
    for await (const { name, id, replaced } of loaded) {
      if (replaced !== undefined && name !== undefined) {
        lines.push(
          `The image ${name} already exists, renaming the old one with ID ${replaced} to empty string`,
        );
      }
      lines.push(name === undefined ? `Loaded image ID: ${id}` : `Loaded image: ${name}`);
    }
    progress[Symbol.dispose]();
    for (const line of lines) await context.print(escapeControl(line));
  },
});
