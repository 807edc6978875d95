import { tap } from '../../../base/streams.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { text } from '../../arguments/options.ts';
import { checkOutput, writeOutput } from '../../output/write-stream.ts';
import { createProgress } from '../../progress/progress.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  summary: {
    en: "Export a container's filesystem as a tar archive",
    zh: '将容器的文件系统导出为 tar 归档',
  },
  examples: [
    {
      command: 'lamella export box | lamella import - box:flat',
      note: { en: 'All layers as one', zh: '把所有层合并成一层' },
    },
  ],
  arity: exactly(1),
  completion: 'container',
  options: {
    output: text(
      { en: 'Write to a file, instead of STDOUT', zh: '写入文件，而不是标准输出' },
      { short: 'o' },
    ),
  },
  async run({ options, args, context }) {
    await checkOutput(context, options.output, 'failed to export container');
    const engine = await context.containers();
    const { content } = await engine.export(args[0] as string, { signal: context.io.signal });
    using progress = createProgress(context);
    await writeOutput(
      context,
      tap(content, (bytes) => progress.advance(bytes.byteLength)),
      options.output,
    );
  },
});
