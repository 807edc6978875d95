import { atLeast, checkArity } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import type { Text } from '../../languages/text.ts';

const texts: Readonly<Record<'set' | 'removed' | 'plain', Text>> = {
  set: { en: 'Mirrors of %s: %s (in %s)', zh: '%s 的镜像加速地址：%s（已写入 %s）' },
  removed: { en: 'No mirrors of %s any more (in %s)', zh: '已取消 %s 的镜像加速（已写入 %s）' },
  plain: {
    en: 'WARNING: %s is not encrypted: whoever is on the way can give another image for a tag',
    zh: '警告：%s 未加密，传输途中的任何人都可能替换标签所指的镜像',
  },
};

export const command: Command = defineCommand({
  usage: '[OPTIONS] [REGISTRY] URL [URL...]',
  summary: {
    en: 'Set the mirrors of a registry (docker.io when none is named)',
    zh: '设置某个仓库的镜像加速地址（未指定仓库时为 docker.io）',
  },
  examples: [
    {
      command: 'lamella mirror set https://mirror.example.com',
      note: {
        en: 'Pulls ask it first, then Docker Hub itself; nothing is to be restarted',
        zh: '拉取时先询问该地址，再询问 Docker Hub，无需重启任何服务',
      },
    },
    {
      command: 'lamella mirror set ghcr.io https://ghcr.mirror.example.com https://mirror2.example.com/ghcr',
      note: { en: 'Of another registry, two in order', zh: '为其他仓库按顺序设置两个地址' },
    },
    {
      command: 'lamella mirror set --none',
      note: { en: 'No mirrors of docker.io any more', zh: '取消 docker.io 的镜像加速' },
    },
  ],
  arity: atLeast(0),
  completion: 'none',
  options: { none: flag({ en: 'Remove the mirrors of the registry', zh: '取消该仓库的镜像加速' }) },
  async run({ options, args, context }) {
    const [first] = args;
    const hasRegistry = first !== undefined && !first.includes('://');
    const registry = hasRegistry ? first : 'docker.io';
    const urls = hasRegistry ? args.slice(1) : args;
    checkArity(
      options.none ? { min: 0, max: hasRegistry ? 1 : 0 } : atLeast(hasRegistry ? 2 : 1),
      args.length,
      context.commandName,
    );
    const setting = await (await context.registry()).setMirrors(registry, urls);
    for (const url of setting.mirrors.filter(isOpen)) {
      await context.warn(context.say(texts.plain, url));
    }
    await context.print(
      setting.mirrors.length === 0
        ? context.say(texts.removed, setting.registry, setting.source)
        : context.say(texts.set, setting.registry, setting.mirrors.join(' '), setting.source),
    );
  },
});

/** Whether what it sends crosses a network unencrypted. */
function isOpen(url: string): boolean {
  return url.startsWith('http:') && !/^http:\/\/(?:localhost|127\.[\d.]+|\[::1\])(?:[:/]|$)/.test(url);
}
