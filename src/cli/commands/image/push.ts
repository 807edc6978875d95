import { isLamellaError } from '../../../base/errors.ts';
import { parseReference, repositoryName, withDefaultTag } from '../../../oci/reference.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { BareError, CliError } from '../../errors/cli-error.ts';
import { createTransferProgress } from '../../progress/progress.ts';
import { checkReference } from '../client-reference.ts';
import { contentTrust } from '../registry-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] NAME[:TAG]',
  summary: { en: 'Upload an image to a registry', zh: '将镜像上传到仓库' },
  examples: [
    {
      command:
        'lamella tag app:1 registry.example.com:5000/team/app:1 && lamella push registry.example.com:5000/team/app:1',
      note: { en: 'The name says where to', zh: '镜像名称决定上传到哪里' },
    },
    {
      command: 'lamella push --compression zstd registry.example.com:5000/team/app:1',
      note: {
        en: 'Smaller and faster to unpack, for registries and engines of today',
        zh: '体积更小、解压更快，适合较新的仓库和引擎',
      },
    },
  ],
  arity: exactly(1),
  completion: 'image',
  options: {
    'all-tags': flag(
      { en: 'Push all tags of an image to the repository', zh: '上传该仓库名称下的所有标签' },
      { short: 'a' },
    ),
    compression: text(
      {
        en: 'How layers that were made here are compressed (gzip, zstd)',
        zh: '本地生成的层采用的压缩方式（gzip、zstd）',
      },
      { choices: ['gzip', 'zstd'] },
    ),
    'disable-content-trust': contentTrust(),
    platform: text({
      en: 'Push a platform-specific manifest as a single-platform image to the registry',
      zh: '只上传指定平台的镜像',
    }),
    quiet: flag({ en: 'Suppress verbose output', zh: '只输出镜像名称' }, { short: 'q' }),
  },
  async run({ options, args: [name = ''], context }) {
    const { quiet, compression, platform } = options;
    const allTags = options['all-tags'];
    if (compression !== undefined && compression !== 'gzip' && compression !== 'zstd') {
      throw new CliError(
        `invalid argument ${JSON.stringify(compression)} for "--compression" flag: use gzip or zstd`,
        {
          exitCode: 125,
        },
      );
    }
    checkReference(name);
    const reference = parseReference(name);
    if (reference.digest !== undefined) throw new CliError('cannot push a digest reference');
    if (allTags && reference.tag !== undefined) throw new CliError("tag can't be used with --all-tags/-a");
    const repository = repositoryName(reference);
    if (!allTags && reference.tag === undefined && !quiet) await context.print('Using default tag: latest');
    const { signal } = context.io;
    const engine = await context.registry();
    using progress = createTransferProgress(context, { quiet });
    let begun = quiet;
    let planned = 0;
    const begin = (): void => {
      if (!begun) void context.print(`The push refers to repository [${repository}]`);
      begun = true;
    };
    try {
      const pushed = engine.push(name, {
        allTags,
        platform,
        ...(compression === undefined ? {} : { compression }),
        signal,
        onProgress(event) {
          begin();
          progress.onProgress(event);
        },
        onPlan({ send }) {
          progress.expect(send - planned);
          planned = send;
        },
      });
      for await (const { tag, digest, size } of pushed) {
        begin();
        planned = 0;
        progress[Symbol.dispose]();
        if (!quiet) await context.print(`${tag}: digest: ${digest} size: ${size}`);
      }
    } catch (error) {
      if (!isLamellaError(error) || error.code.startsWith('platform-')) throw error;
      begin();
      throw new BareError(error);
    }
    if (quiet) {
      const { tag } = withDefaultTag(reference);
      await context.print(allTags ? repository : `${repository}:${tag}`);
    }
  },
});
