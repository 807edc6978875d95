import { tap } from '../../../base/streams.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { text } from '../../arguments/options.ts';
import { checkOutput, writeOutput } from '../../output/write-stream.ts';
import { createProgress } from '../../progress/progress.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  summary: {
    en: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
    zh: '将一个或多个镜像保存为 tar 归档（默认输出到标准输出）',
  },
  examples: [
    {
      command: 'lamella save -o images.tar app:1 debian:12',
      note: { en: 'Two images, one file', zh: '把两个镜像存到一个文件' },
    },
    {
      command: 'lamella save app:1 | gzip > app.tar.gz',
      note: { en: 'Compressed on the way', zh: '边保存边压缩' },
    },
  ],
  arity: atLeast(1),
  completion: 'image',
  options: {
    output: text(
      { en: 'Write to a file, instead of STDOUT', zh: '写入文件，而不是标准输出' },
      { short: 'o' },
    ),
    platform: text({
      en: 'Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
      zh: '只保存指定平台的版本，格式为 "os[/arch[/variant]]"（例如 "linux/amd64"）',
    }),
  },
  async run({ options, args, context }) {
    await checkOutput(context, options.output, 'failed to save image');
    const engine = await context.images();
    const { signal } = context.io;
    const saved = await engine.save(args, { platform: options.platform, signal });
    using progress = createProgress(context, { total: saved.size });
    const content = tap(saved.content, (bytes) => progress.advance(bytes.byteLength));
    await writeOutput(context, content, options.output);
  },
});
