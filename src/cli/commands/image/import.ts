import { tap } from '../../../base/streams.ts';
import { between } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { list, text } from '../../arguments/options.ts';
import { isUrl, openSource } from '../../output/open-source.ts';
import { createProgress } from '../../progress/progress.ts';
import { checkReference } from '../client-reference.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  summary: {
    en: 'Import the contents from a tarball to create a filesystem image',
    zh: '导入 tar 归档的内容，创建根文件系统镜像',
  },
  examples: [
    {
      command: 'cat ubuntu-14.04-x86-minimal.tar.gz | lamella import - ubuntu:14.04',
      note: { en: 'From a template, compressed in any way', zh: '从系统模板导入，支持各种压缩格式' },
    },
    {
      command: `lamella import -c 'CMD ["/bin/bash"]' rootfs.tar debian:12`,
      note: { en: 'With the command that it runs', zh: '同时指定默认命令' },
    },
  ],
  arity: between(1, 2),
  completion: 'file',
  options: {
    change: list(
      { en: 'Apply Dockerfile instruction to the created image', zh: '对创建的镜像应用 Dockerfile 指令' },
      { short: 'c' },
    ),
    message: text(
      { en: 'Set commit message for imported image', zh: '设置导入镜像的提交说明' },
      { short: 'm' },
    ),
    platform: text({
      en: 'Set the platform of the image, "os[/arch[/variant]]"',
      zh: '设置镜像的平台，格式为 "os[/arch[/variant]]"',
    }),
  },
  async run({ options, args, context }) {
    const [source = '', reference] = args;
    if (reference !== undefined) checkReference(reference);
    const engine = await context.images();
    const { signal } = context.io;
    await using input = await openSource(context, source, signal);
    using progress = createProgress(context, { total: input.size });
    const { id } = await engine.import(
      tap(input.content, (bytes) => progress.advance(bytes.byteLength)),
      {
        reference,
        changes: options.change,
        message: options.message ?? '',
        platform: options.platform,
        // Docker's client sends a file's bytes, so that its name never reaches the image.
        source: isUrl(source) ? source : '-',
        signal,
        onProgress: (event) => progress.onProgress(event),
      },
    );
    progress[Symbol.dispose]();
    await context.print(id);
  },
});
