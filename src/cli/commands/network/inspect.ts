import { networkInspectType } from '../../api-types/network-inspect.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { inspectFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  summary: { en: 'Display detailed information on one or more networks', zh: '显示一个或多个网络的详细信息' },
  examples: [
    {
      command:
        "lamella network inspect -f '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{println}}{{end}}' backend",
      note: { en: 'Who is on it, at which addresses', zh: '查看其中的容器及其地址' },
    },
  ],
  arity: atLeast(1),
  completion: 'network',
  options: { format: inspectFormat() },
  async run({ options, args, context }) {
    const networks = await context.networks();
    return inspectObjects(context, args, {
      format: options.format,
      find: async (name) => ({
        json: await networks.inspect(name),
        type: networkInspectType,
        escapesHtml: false,
      }),
    });
  },
});
