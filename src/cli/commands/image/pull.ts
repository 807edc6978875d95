import { parseReference } from '../../../oci/reference.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { checkReference } from '../client-reference.ts';
import { pull } from '../pull.ts';
import { contentTrust, platformOption } from '../registry-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  summary: { en: 'Download an image from a registry', zh: '从仓库下载镜像' },
  examples: [
    { command: 'lamella pull debian:13', note: { en: 'From Docker Hub', zh: '从 Docker Hub 下载' } },
    {
      command: 'lamella pull registry.example.com:5000/team/app',
      note: { en: 'From another registry', zh: '从其他仓库下载' },
    },
    {
      command: 'lamella pull --platform linux/arm64 debian:13',
      note: { en: 'For another machine than this one', zh: '下载适合其他平台的镜像' },
    },
  ],
  arity: exactly(1),
  completion: 'image',
  options: {
    'all-tags': flag(
      { en: 'Download all tagged images in the repository', zh: '下载仓库中所有带标签的镜像' },
      { short: 'a' },
    ),
    'disable-content-trust': contentTrust(),
    platform: platformOption(),
    quiet: flag({ en: 'Suppress verbose output', zh: '只输出镜像名称' }, { short: 'q' }),
  },
  async run({ options, args: [name = ''], context }) {
    checkReference(name);
    const reference = parseReference(name);
    const allTags = options['all-tags'];
    if (allTags && (reference.tag !== undefined || reference.digest !== undefined)) {
      throw new CliError("tag can't be used with --all-tags/-a");
    }
    if (!allTags && !options.quiet && reference.tag === undefined && reference.digest === undefined) {
      await context.print('Using default tag: latest');
    }
    await pull(context, name, { allTags, platform: options.platform, quiet: options.quiet });
  },
});
