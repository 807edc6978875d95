import { LamellaError } from '../base/errors.ts';
import { firstOf, formatAddress, formatPrefix, overlaps, parsePrefix, type Prefix } from './ip.ts';
import type { Subnet } from './network.ts';

/** Docker's default-address-pools: networks of `length` bits out of each. */
const pools: readonly (readonly [base: string, length: number])[] = [
  ['172.17.0.0/16', 16],
  ['172.18.0.0/16', 16],
  ['172.19.0.0/16', 16],
  ['172.20.0.0/14', 16],
  ['172.24.0.0/14', 16],
  ['172.28.0.0/14', 16],
  ['192.168.0.0/16', 20],
];

/**
 * The first subnet of the pools that nobody has.
 *
 * @param taken of other networks, and where routes and devices of the machine lead to
 * @throws LamellaError unavailable `subnets-exhausted`
 */
export function freeSubnet(taken: readonly Prefix[]): Subnet {
  for (const candidate of candidates()) {
    if (!taken.some((other) => overlaps(other, candidate))) return withGateway(candidate);
  }
  throw new LamellaError('unavailable', 'all predefined address pools have been fully subnetted', {
    code: 'subnets-exhausted',
    hint: 'Choose one with --subnet.',
  });
}

/** A unique local IPv6 subnet (RFC 4193) for a network. @param id 64 hexadecimal digits */
export function localSubnet(id: string): Subnet {
  const text = `fd${id.slice(0, 2)}:${id.slice(2, 6)}:${id.slice(6, 10)}:${id.slice(10, 14)}::/64`;
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a subnet: ${text}`);
  return withGateway(prefix);
}

/** The subnet with its first usable address as the machine's. */
export function withGateway(prefix: Prefix): Subnet {
  const first = firstOf(prefix);
  return {
    Subnet: formatPrefix({ ...prefix, address: first }),
    Gateway: formatAddress({ ...first, value: first.value + 1n }),
  };
}

function* candidates(): Generator<Prefix> {
  for (const [base, length] of pools) {
    const pool = parsePrefix(base);
    if (pool === undefined) continue;
    const size = 1n << BigInt(32 - length);
    for (let index = 0n; index < 1n << BigInt(length - pool.length); index += 1n) {
      yield { address: { family: 4, value: firstOf(pool).value + index * size }, length };
    }
  }
}
