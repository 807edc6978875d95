import { imageInspectType } from '../../api-types/image-inspect.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { inspectFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  summary: { en: 'Display detailed information on one or more images', zh: '显示一个或多个镜像的详细信息' },
  examples: [
    {
      command: "lamella image inspect -f '{{json .Config.Env}}' debian:12",
      note: { en: 'One part of it, as JSON', zh: '只以 JSON 格式显示其中一部分' },
    },
    {
      command: 'lamella image inspect --remote debian:13',
      note: { en: 'Of an image that is not here', zh: '查看不在本地的镜像' },
    },
  ],
  arity: atLeast(1),
  completion: 'image',
  options: {
    format: inspectFormat(),
    platform: text({ en: 'With --remote: of which platform', zh: '与 --remote 同用：指定平台' }),
    remote: flag({ en: 'Ask the registry, without a pull', zh: '直接查询仓库，无需拉取' }),
  },
  async run({ options, args, context }) {
    if (options.remote) {
      const registry = await context.registry();
      const { platform } = options;
      return inspectObjects(context, args, {
        format: options.format,
        find: async (name) => ({
          json: await registry.inspect(name, { platform, signal: context.io.signal }),
          type: imageInspectType,
          escapesHtml: true,
        }),
      });
    }
    const engine = await context.images();
    return inspectObjects(context, args, {
      format: options.format,
      find: async (name) => ({
        json: await engine.inspect(name),
        type: imageInspectType,
        escapesHtml: true,
      }),
    });
  },
});
