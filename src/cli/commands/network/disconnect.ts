import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] NETWORK CONTAINER',
  summary: { en: 'Disconnect a container from a network', zh: '断开容器与网络的连接' },
  arity: exactly(2),
  completion: 'network',
  options: {
    force: flag({ en: 'Force the container to disconnect from a network', zh: '强制断开' }, { short: 'f' }),
  },
  async run({ options, args, context }) {
    const [network = '', container = ''] = args;
    await (await context.networks()).disconnect(network, container, { force: options.force });
  },
});
