import { volumeInspectType } from '../../api-types/volume-inspect.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { inspectFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  summary: { en: 'Display detailed information on one or more volumes', zh: '显示一个或多个卷的详细信息' },
  examples: [
    {
      command: "lamella volume inspect -f '{{.Mountpoint}}' data",
      note: { en: 'Where its files are on this machine', zh: '查看其文件在本机的位置' },
    },
  ],
  arity: atLeast(1),
  completion: 'volume',
  options: { format: inspectFormat() },
  async run({ options, args, context }) {
    const volumes = await context.volumes();
    return inspectObjects(context, args, {
      format: options.format,
      find: async (name) => ({
        json: await volumes.inspect(name),
        type: volumeInspectType,
        escapesHtml: false,
      }),
    });
  },
});
