import { BlockList, isIP } from 'node:net';
import type { NewNetwork } from '../../../engine/ports/network-engine.ts';
import { CliError } from '../../errors/cli-error.ts';

interface Arranged {
  readonly Subnet: string;
  Gateway?: string;
  IPRange?: string;
  readonly AuxiliaryAddresses: Record<string, string>;
}

type Subnet = NonNullable<NewNetwork['subnets']>[number];

/**
 * Puts gateways, ranges and auxiliary addresses to the subnets that they lie in (docker/cli network/create.go).
 *
 * @throws CliError in Docker's words where one lies in none
 */
export function arrangeSubnets({
  subnets,
  gateways,
  ranges,
  auxiliary,
}: {
  subnets: readonly string[];
  gateways: readonly string[];
  ranges: readonly string[];
  /** `name=address` */
  auxiliary: readonly string[];
}): Subnet[] {
  if (subnets.length === 0 && [...gateways, ...ranges].length > 0) {
    throw new CliError('every ip-range or gateway must have a corresponding subnet');
  }
  const arranged = subnets.map((Subnet): Arranged => ({ Subnet, AuxiliaryAddresses: {} }));
  const find = (what: string, text: string, address: string): Arranged => {
    const found = arranged.find(({ Subnet }) => contains(Subnet, address));
    if (found === undefined) throw new CliError(`no matching subnet for ${what} ${text}`);
    return found;
  };
  for (const range of ranges) {
    const subnet = find('range', range, range.split('/')[0] ?? '');
    if (subnet.IPRange !== undefined)
      throw new CliError(
        `cannot configure multiple ranges (${range}, ${subnet.IPRange}) on the same subnet (${subnet.Subnet})`,
      );
    subnet.IPRange = range;
  }
  for (const gateway of gateways) {
    const subnet = find('gateway', gateway, gateway);
    if (subnet.Gateway !== undefined)
      throw new CliError(
        `cannot configure multiple gateways (${gateway}, ${subnet.Gateway}) for the same subnet (${subnet.Subnet})`,
      );
    subnet.Gateway = gateway;
  }
  for (const text of auxiliary) {
    const [name = '', address = ''] = text.split('=');
    find('aux-address', address, address).AuxiliaryAddresses[name] = address;
  }
  return arranged;
}

function contains(subnet: string, address: string): boolean {
  const [base = '', length = ''] = subnet.split('/');
  const family = isIP(base);
  if (family === 0 || family !== isIP(address) || !/^\d{1,3}$/.test(length)) return false;
  if (Number(length) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, Number(length), type);
  return list.check(address, type);
}
