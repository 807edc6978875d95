import type { NewNetwork } from '../../../engine/ports/network-engine.ts';
import { LamellaError } from '../../../base/errors.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, list, text } from '../../arguments/options.ts';
import { splitAtEquals } from '../container/key-value-files.ts';
import { arrangeSubnets } from './subnet-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] NETWORK',
  summary: { en: 'Create a network', zh: '创建网络' },
  examples: [
    {
      command: 'lamella network create backend',
      note: {
        en: 'Containers on it reach each other by name: run --network backend',
        zh: '其中的容器可按名称互相访问：run --network backend',
      },
    },
    {
      command: 'lamella network create --subnet 10.80.0.0/24 --internal vault',
      note: { en: 'Addresses of your choice, and no way out', zh: '自选地址，并且不能访问外部' },
    },
  ],
  arity: exactly(1),
  completion: 'none',
  options: {
    attachable: flag({ en: 'Enable manual container attachment', zh: '允许手动连接容器' }),
    'aux-address': list(
      {
        en: 'Auxiliary IPv4 or IPv6 addresses that no container gets',
        zh: '保留的 IPv4 或 IPv6 地址，不分配给容器',
      },
      { valueName: 'map' },
    ),
    driver: text(
      { en: 'Driver to manage the network', zh: '管理网络的驱动' },
      { short: 'd', default: 'bridge' },
    ),
    gateway: list({ en: 'IPv4 or IPv6 gateway for the subnet', zh: '子网的 IPv4 或 IPv6 网关' }),
    internal: flag({ en: 'Restrict external access to the network', zh: '限制网络访问外部' }),
    'ip-range': list({ en: 'Allocate container IPs from a sub-range', zh: '从子范围分配容器的 IP' }),
    ipv6: flag({ en: 'Enable IPv6 address assignment', zh: '启用 IPv6 地址分配' }),
    ipv4: flag({ en: 'Enable IPv4 address assignment', zh: '启用 IPv4 地址分配' }, { default: true }),
    label: list({ en: 'Set metadata on a network', zh: '设置网络的标签' }),
    opt: list({ en: 'Set driver specific options', zh: '设置驱动的选项' }, { short: 'o', valueName: 'map' }),
    scope: text({ en: 'Scope of the network: only "local"', zh: '网络的范围：仅支持 "local"' }),
    subnet: list({
      en: 'Subnet in CIDR format that represents a network segment',
      zh: '以 CIDR 格式表示的子网',
    }),
  },
  async run({ options, args, context }) {
    refuseOthers(options);
    const network: NewNetwork = {
      name: args[0] ?? '',
      driver: options.driver ?? 'bridge',
      attachable: options.attachable,
      internal: options.internal,
      ipv6: options.ipv6,
      subnets: arrangeSubnets({
        subnets: options.subnet,
        gateways: options.gateway,
        ranges: options['ip-range'],
        auxiliary: options['aux-address'],
      }),
      options: Object.fromEntries(options.opt.map(splitAtEquals)),
      labels: Object.fromEntries(options.label.map(splitAtEquals)),
    };
    const { id } = await (await context.networks()).create(network);
    await context.print(id);
  },
});

/** Networks here are those of one machine, and every container has an IPv4 address. */
function refuseOthers({
  scope = 'local',
  ipv4,
  ipv6,
}: {
  readonly scope: string | undefined;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}): void {
  if (scope !== '' && scope !== 'local') {
    const problem =
      scope === 'swarm'
        ? 'cannot create a swarm scoped network when swarm is not active'
        : `networks of scope "${scope}" are not supported`;
    throw new LamellaError('invalid', problem, { code: 'network-scope-invalid' });
  }
  if (!ipv4) {
    const problem = ipv6 ? 'networks without IPv4 are not supported' : 'IPv4 or IPv6 must be enabled';
    throw new LamellaError('invalid', problem, { code: 'network-invalid' });
  }
}
