import { randomBytes } from 'node:crypto';
import { LamellaError } from '../base/errors.ts';
import { freeSubnet, localSubnet, withGateway } from './address-pools.ts';
import { contains, firstOf, formatPrefix, overlaps, parseAddress, parsePrefix, type Prefix } from './ip.ts';
import { bridgeOptions, isPredefined, type Network, type Subnet } from './network.ts';

/** What `network create` asks for (Docker's NetworkCreate). */
export interface NetworkRequest {
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv6: boolean;
  readonly subnets: readonly SubnetRequest[];
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Docker's IPAMConfig; '' where nothing is asked for. */
interface SubnetRequest {
  readonly Subnet: string;
  readonly IPRange: string;
  readonly Gateway: string;
  readonly AuxiliaryAddresses: Readonly<Record<string, string>>;
}

/**
 * The network that was asked for, with whatever was not chosen.
 *
 * @param taken subnets that others have
 * @throws LamellaError invalid, forbidden, not-found, in Docker's words
 */
export function newNetwork(request: NetworkRequest, taken: readonly Prefix[], now: number): Network {
  const { name, driver, options, labels, internal, attachable } = request;
  checkName(name);
  if (driver === 'host' || driver === 'null') {
    throw new LamellaError('forbidden', `only one instance of "${driver}" network is allowed`, {
      code: 'network-driver-invalid',
    });
  }
  if (driver !== 'bridge') {
    throw new LamellaError('not-found', `plugin "${driver}" not found`, { code: 'network-driver-invalid' });
  }
  checkOptions(options);
  const subnets = request.subnets.map(checkSubnet);
  const id = randomBytes(32).toString('hex');
  const ofFamily = (family: 4 | 6): Subnet | undefined => {
    const own = subnets.filter(({ Subnet }) => Subnet.includes(':') === (family === 6));
    if (own.length > 1) throw invalid(`only one IPv${family} subnet is supported by the bridge driver`);
    return own[0];
  };
  const [four, six] = [ofFamily(4), ofFamily(6)];
  for (const subnet of [four, six]) {
    const prefix = subnet === undefined ? undefined : parsePrefix(subnet.Subnet);
    if (prefix !== undefined && taken.some((other) => overlaps(other, prefix))) {
      throw new LamellaError(
        'forbidden',
        'invalid pool request: Pool overlaps with other one on this address space',
        { code: 'subnet-overlaps' },
      );
    }
  }
  const ipv6 = request.ipv6 || six !== undefined;
  return {
    id,
    name,
    createdAt: now,
    spec: {
      driver,
      ipv6,
      internal,
      attachable,
      subnets: [four ?? freeSubnet(taken), ...(ipv6 ? [six ?? localSubnet(id)] : [])],
      hasOwnSubnet: subnets.length > 0,
      options,
      labels,
    },
  };
}

function checkName(name: string): void {
  if (isPredefined(name)) {
    throw new LamellaError('forbidden', `operation is not permitted on predefined ${name} network`, {
      code: 'network-predefined',
    });
  }
  if (/^[a-z0-9][a-z0-9_.-]*$/i.test(name)) return;
  throw new LamellaError(
    'invalid',
    `invalid network name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed`,
    { code: 'network-name-invalid' },
  );
}

/** The options that mean something here reach the kernel. */
function checkOptions(options: Readonly<Record<string, string>>): void {
  const name = options[bridgeOptions.name];
  if (name !== undefined && !/^[a-z0-9_][a-z0-9_.-]{0,14}$/i.test(name)) {
    throw invalid(`invalid name of a bridge: ${name}`);
  }
  const mtu = options[bridgeOptions.mtu];
  if (mtu !== undefined && !/^(0|[1-9][0-9]{1,4})$/.test(mtu)) throw invalid(`invalid MTU: ${mtu}`);
  const address = options[bridgeOptions.hostAddress];
  if (address !== undefined && parseAddress(address)?.family !== 4) {
    throw invalid(`invalid value for ${bridgeOptions.hostAddress}: ${address}`);
  }
  for (const key of [bridgeOptions.icc, bridgeOptions.masquerade]) {
    const value = options[key];
    if (value !== undefined && !/^(1|t|true|0|f|false)$/i.test(value)) {
      throw invalid(`failed to parse ${key} value: ${value} (invalid syntax)`);
    }
  }
}

function checkSubnet({ Subnet: text, IPRange, Gateway, AuxiliaryAddresses }: SubnetRequest): Subnet {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw invalid(`invalid subnet ${text}: invalid CIDR block notation`);
  const masked = formatPrefix({ ...prefix, address: firstOf(prefix) });
  if (masked !== formatPrefix(prefix)) throw invalid(`invalid subnet ${text}: it should be ${masked}`);
  // The network's own address, the machine's, a container's, and the broadcast.
  if (prefix.length > (prefix.address.family === 4 ? 30 : 126)) throw invalid(`subnet ${text} is too small`);
  const within = (kind: string, value: string): void => {
    const address = parseAddress(value);
    if (address === undefined) throw invalid(`invalid ${kind} ${value}: invalid address`);
    if (!contains(prefix, address))
      throw invalid(`invalid ${kind} ${value}: parent subnet ${text} doesn't contain it`);
  };
  if (Gateway !== '') within('gateway', Gateway);
  for (const [name, value] of Object.entries(AuxiliaryAddresses)) within(`auxiliary address ${name}`, value);
  const range = IPRange === '' ? undefined : parsePrefix(IPRange);
  if (
    IPRange !== '' &&
    (range === undefined || range.length < prefix.length || !contains(prefix, firstOf(range)))
  ) {
    throw invalid(`invalid ip-range ${IPRange}: parent subnet ${text} doesn't contain it`);
  }
  return {
    ...withGateway(prefix),
    ...(IPRange === '' ? {} : { IPRange }),
    ...(Gateway === '' ? {} : { Gateway }),
    ...(Object.keys(AuxiliaryAddresses).length === 0 ? {} : { AuxiliaryAddresses }),
  };
}

function invalid(problem: string): LamellaError {
  return new LamellaError('invalid', `invalid network config:\n${problem}`, { code: 'network-invalid' });
}
