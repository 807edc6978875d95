import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { text } from '../../arguments/options.ts';
import { formatMirrorTest } from './format-mirror-test.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] URL',
  summary: {
    en: 'Find out whether a server works as a mirror, and how fast it is',
    zh: '检测某个地址能否用作镜像加速，以及它的速度',
  },
  examples: [
    {
      command: 'lamella mirror test https://mirror.example.com',
      note: { en: 'For docker.io', zh: '检测 docker.io 的镜像加速地址' },
    },
    {
      command: 'lamella mirror test --image ghcr.io/team/app:1 https://ghcr.mirror.example.com',
      note: { en: 'For ghcr.io, by this image of it', zh: '用指定镜像检测 ghcr.io 的加速地址' },
    },
  ],
  arity: exactly(1),
  completion: 'none',
  options: {
    registry: text({
      en: 'Registry that it is to be a mirror of (docker.io when not given)',
      zh: '要加速的仓库（未指定时为 docker.io）',
    }),
    image: text({ en: 'Image to ask it for, with its tag', zh: '用来检测的镜像（可带标签）' }),
  },
  async run({ options, args, context }) {
    const [url = ''] = args;
    const { registry, image } = options;
    const result = await (
      await context.registry()
    ).testMirror(url, {
      registry,
      image,
      signal: context.io.signal,
    });
    if (context.json) await context.print(JSON.stringify(result));
    else for (const line of formatMirrorTest(result, context)) await context.print(line);
    return result.works ? 0 : 1;
  },
});
