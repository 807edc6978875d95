import { LamellaError } from '../base/errors.ts';
import { contains, demandPrefix, firstOf, formatAddress, lastOf, parseAddress } from './ip.ts';
import type { Subnet } from './network.ts';

/**
 * An address for a container: the one that it asks for, or the lowest free one.
 *
 * @param taken of the containers that run on the network
 * @throws LamellaError conflict `address-in-use`, unavailable `addresses-exhausted`, invalid `address-invalid`
 */
export function takeAddress(subnet: Subnet, wanted: string, taken: ReadonlySet<string>): string {
  const whole = demandPrefix(subnet.Subnet);
  const others = new Set(
    [subnet.Gateway, ...Object.values(subnet.AuxiliaryAddresses ?? {})].map((text) => normal(text)),
  );
  if (wanted !== '') {
    const address = parseAddress(wanted);
    if (address === undefined || !contains(whole, address)) {
      throw new LamellaError('invalid', `no configured subnet contains IP address ${wanted}`, {
        code: 'address-invalid',
      });
    }
    const text = formatAddress(address);
    if (taken.has(text) || others.has(text)) {
      throw new LamellaError('conflict', 'Address already in use', { code: 'address-in-use' });
    }
    return text;
  }
  const range = subnet.IPRange === undefined ? whole : demandPrefix(subnet.IPRange);
  const { family } = whole.address;
  // The first one names the network; the last one of IPv4 is everybody.
  const [lowest, highest] = [firstOf(whole).value, lastOf(whole).value];
  for (let value = firstOf(range).value; value <= lastOf(range).value; value += 1n) {
    if (value === lowest || (family === 4 && value === highest)) continue;
    const text = formatAddress({ family, value });
    if (!taken.has(text) && !others.has(text)) return text;
  }
  throw new LamellaError(
    'unavailable',
    `no available IPv${family} addresses on this network's address pools`,
    {
      code: 'addresses-exhausted',
    },
  );
}

function normal(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}
