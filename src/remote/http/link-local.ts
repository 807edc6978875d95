import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ServerFailure } from './failure.ts';

/** Where clouds keep the credentials of a machine for it to fetch, and what else only the own wire can reach. */
function blockList(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addAddress('fd00:ec2::254', 'ipv6');
  list.addAddress('100.100.100.200', 'ipv4');
  return list;
}

const blocked = blockList();

/** @param host a name, or an address with or without brackets */
export function isLinkLocal(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  const family = isIP(address);
  return family !== 0 && blocked.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export function linkLocalRefused(host: string): ServerFailure {
  return new ServerFailure('invalid', `refusing to follow a redirect to the link-local address ${host}`, {
    code: 'registry-answer-invalid',
    again: 'never',
    hint: 'The registry sends its clients to addresses of this machine’s own network: do not trust it.',
  });
}

/** Resolves names for a connection, and refuses those that lead to a link-local address. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const bad = addresses.find(({ address }) => isLinkLocal(address));
    if (bad !== undefined) return callback(linkLocalRefused(bad.address), '', 0);
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    callback(null, first?.address ?? '', first?.family ?? 0);
  });
};
