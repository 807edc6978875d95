import type { MirrorTest } from '../../../engine/ports/registry-engine.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { CommandContext } from '../../output/context.ts';
import { formatAdvice, formatMirrorTest } from './format-mirror-test.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] [URL...]',
  summary: {
    en: 'Find out which servers work as mirrors, and how fast they are',
    zh: '检测哪些地址能用作镜像加速，以及它们的速度',
  },
  examples: [
    {
      command: 'lamella mirror test https://mirror.example.com https://mirror2.example.com',
      note: { en: 'Which of them is best for docker.io', zh: '比较哪个地址最适合 docker.io' },
    },
    {
      command: 'lamella mirror test',
      note: { en: 'Those that are set', zh: '检测已设置的地址' },
    },
    {
      command: 'lamella mirror test --image ghcr.io/team/app:1 https://ghcr.mirror.example.com',
      note: { en: 'For ghcr.io, by this image of it', zh: '用指定镜像检测 ghcr.io 的加速地址' },
    },
  ],
  arity: atLeast(0),
  completion: 'none',
  options: {
    registry: text({
      en: 'Registry that they are to be mirrors of (docker.io when not given)',
      zh: '要加速的仓库（未指定时为 docker.io）',
    }),
    image: text({ en: 'Image to ask them for, with its tag', zh: '用来检测的镜像（可带标签）' }),
  },
  async run({ options: { registry, image }, args, context }) {
    const engine = await context.registry();
    const urls = args.length > 0 ? args : await configured(context, registry);
    const testing = urls.map((url) => engine.testMirror(url, { registry, image, signal: context.io.signal }));
    // Each is shown as soon as those before it are; one that fails must not make the others' errors go unheard.
    void Promise.allSettled(testing);
    const results: MirrorTest[] = [];
    for (const test of testing) {
      const result = await test;
      results.push(result);
      if (context.json) await context.print(JSON.stringify(result));
      else for (const line of formatMirrorTest(result, context)) await context.print(line);
    }
    const best = results.filter(({ works }) => works).sort(byUse);
    if (args.length > 0 && !context.json && best.length > 0) {
      await context.print(formatAdvice(best, context));
    }
    return best.length > 0 ? 0 : 1;
  },
});

async function configured(context: CommandContext, registry = 'docker.io'): Promise<readonly string[]> {
  const settings = await (await context.registry()).mirrors();
  const mirrors = settings.find((each) => each.registry === registry)?.mirrors ?? [];
  if (mirrors.length > 0) return mirrors;
  throw new CliError(`no mirrors of ${registry} are set`, {
    hint: `Name the server to test: ${context.commandName} https://mirror.example.com`,
  });
}

/** Those that are up to date first, then the fastest. */
function byUse(a: MirrorTest, b: MirrorTest): number {
  const behind = ({ isCurrent }: MirrorTest): number => (isCurrent === false ? 1 : 0);
  return behind(a) - behind(b) || (b.speed ?? 0) - (a.speed ?? 0) || (a.latency ?? 0) - (b.latency ?? 0);
}
