import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { createTransferProgress } from '../../progress/progress.ts';
import { checkReference } from '../client-reference.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] SOURCE TARGET',
  summary: { en: 'Copy an image from one registry to another', zh: '在仓库之间直接复制镜像' },
  examples: [
    {
      command: 'lamella copy debian:13 registry.example.com:5000/mirror/debian:13',
      note: {
        en: 'All platforms, the same digest, nothing kept here',
        zh: '复制所有平台，摘要不变，本地不保留',
      },
    },
  ],
  arity: exactly(2),
  completion: 'image',
  options: {
    platform: text({
      en: 'Copy only the image for this platform (all of them when not given)',
      zh: '只复制该平台的镜像（未指定时复制所有平台）',
    }),
    referrers: flag({
      en: 'Copy signatures, attestations and whatever else refers to the image, too',
      zh: '同时复制签名、证明等引用该镜像的内容',
    }),
    quiet: flag({ en: 'Only show the digest', zh: '只输出摘要' }, { short: 'q' }),
  },
  async run({ options, args: [source = '', target = ''], context }) {
    checkReference(source);
    checkReference(target);
    const engine = await context.registry();
    const progress = createTransferProgress(context, { quiet: options.quiet });
    try {
      const { digest, referrers } = await engine.copy(source, target, {
        platform: options.platform,
        referrers: options.referrers,
        signal: context.io.signal,
        onProgress: (event) => progress.onProgress(event),
      });
      progress[Symbol.dispose]();
      await context.print(options.quiet ? digest : `Digest: ${digest}`);
      if (options.referrers && !options.quiet) await context.print(`Referrers: ${referrers}`);
    } finally {
      progress[Symbol.dispose]();
    }
  },
});
