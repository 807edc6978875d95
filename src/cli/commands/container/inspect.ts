import { containerInspectType } from '../../api-types/container-inspect.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { inspectFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: {
    en: 'Display detailed information on one or more containers',
    zh: '显示一个或多个容器的详细信息',
  },
  arity: atLeast(1),
  completion: 'container',
  options: {
    format: inspectFormat(),
    size: flag({ en: 'Display total file sizes', zh: '显示文件总大小' }, { short: 's' }),
  },
  async run({ options, args, context }) {
    const engine = await context.containers();
    return inspectObjects(context, args, {
      format: options.format,
      find: async (name) => ({
        json: await engine.inspect(name, { size: options.size }),
        type: containerInspectType,
        escapesHtml: false,
      }),
    });
  },
});
