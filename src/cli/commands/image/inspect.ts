import { imageInspectType } from '../../api-types/image-inspect.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
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
  ],
  arity: atLeast(1),
  completion: 'image',
  options: { format: inspectFormat() },
  async run({ options, args, context }) {
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
