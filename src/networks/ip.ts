import { isIP } from 'node:net';
import { LamellaError } from '../base/errors.ts';

/** An IP address as a number, so that it can be counted with. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A network: all addresses whose first `length` bits are those of `address`. Bits behind them may be set: `10.0.0.1/8`. */
export interface Prefix {
  readonly address: Address;
  readonly length: number;
}

export function parseAddress(text: string): Address | undefined {
  switch (isIP(text)) {
    case 4:
      return { family: 4, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
    case 6:
      return text.includes('%') ? undefined : { family: 6, value: parseSix(text) };
    default:
      return undefined;
  }
}

/** IPv6 as RFC 5952 wants it. */
export function formatAddress({ family, value }: Address): string {
  const bytes = toBytes({ family, value });
  if (family === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** `172.18.0.0/16`; undefined for anything else. */
export function parsePrefix(text: string): Prefix | undefined {
  const [, head = '', digits = ''] = /^([^/]*)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(head);
  if (address === undefined || Number(digits) > bitsOf(address.family)) return undefined;
  return { address, length: Number(digits) };
}

/** @throws LamellaError invalid `subnet-invalid` */
export function demandPrefix(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return prefix;
  throw new LamellaError('invalid', `invalid subnet ${text}: invalid CIDR address: ${text}`, {
    code: 'subnet-invalid',
  });
}

export function formatPrefix({ address, length }: Prefix): string {
  return `${formatAddress(address)}/${length}`;
}

export function firstOf({ address, length }: Prefix): Address {
  const host = hostMask(address.family, length);
  return { family: address.family, value: address.value & ~host };
}

export function lastOf({ address, length }: Prefix): Address {
  return { family: address.family, value: address.value | hostMask(address.family, length) };
}

export function contains(prefix: Prefix, address: Address): boolean {
  return (
    prefix.address.family === address.family &&
    firstOf(prefix).value <= address.value &&
    address.value <= lastOf(prefix).value
  );
}

export function overlaps(one: Prefix, other: Prefix): boolean {
  return contains(one, firstOf(other)) || contains(other, firstOf(one));
}

export function toBytes({ family, value }: Address): Buffer {
  return Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');
}

export function fromBytes(bytes: Uint8Array): Address {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return { family: bytes.byteLength === 4 ? 4 : 6, value };
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function hostMask(family: 4 | 6, length: number): bigint {
  return (1n << BigInt(bitsOf(family) - length)) - 1n;
}

function parseSix(text: string): bigint {
  const written = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = written.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill('0');
  return [...before, ...gap, ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
