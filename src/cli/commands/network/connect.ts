import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { integer, list, text } from '../../arguments/options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] NETWORK CONTAINER',
  summary: { en: 'Connect a container to a network', zh: '将容器连接到网络' },
  examples: [
    {
      command: 'lamella network connect --alias db backend postgres',
      note: { en: 'Others on it find it as "db" too', zh: '网络中的其他容器也可用 "db" 找到它' },
    },
  ],
  arity: exactly(2),
  completion: 'network',
  options: {
    alias: list({ en: 'Add network-scoped alias for the container', zh: '为容器添加网络内的别名' }),
    'gw-priority': integer({
      en: 'Highest gw-priority provides the default gateway. Accepts positive and negative values.',
      zh: '优先级最高的网络提供默认网关，可为正数或负数',
    }),
    ip: text({ en: 'IPv4 address (e.g., "172.30.100.104")', zh: 'IPv4 地址（例如 "172.30.100.104"）' }),
    ip6: text({ en: 'IPv6 address (e.g., "2001:db8::33")', zh: 'IPv6 地址（例如 "2001:db8::33"）' }),
  },
  async run({ options, args, context }) {
    const [network = '', container = ''] = args;
    await (
      await context.networks()
    ).connect(network, container, {
      Aliases: options.alias,
      IPv4Address: options.ip ?? '',
      IPv6Address: options.ip6 ?? '',
      GwPriority: options['gw-priority'] ?? 0,
    });
  },
});
