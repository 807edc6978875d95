import { fromByteString, type ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import { roundUp, xattrHeaderSize } from './format.ts';

/** The name prefixes that EROFS knows, by their index; the rest of a name follows in the entry. */
const prefixes: readonly (readonly [index: number, prefix: string])[] = [
  [1, 'user.'],
  [2, 'system.posix_acl_access'],
  [3, 'system.posix_acl_default'],
  [4, 'trusted.'],
  [6, 'security.'],
];

/** Linux: XATTR_NAME_MAX. */
const maxXattrName = 255;
/** The value's size is 16 bits on disk; Linux itself takes one byte more. */
const maxXattrValue = 65_535;
/** The inode counts its xattrs in units of 4 bytes in 16 bits. */
const maxXattrBody: number = xattrHeaderSize + 4 * 65_534;

export type XattrMap = ReadonlyMap<ByteString, Uint8Array>;

/**
 * The attributes of an entry that a layer may bring: not those by which overlayfs steers itself (a layer could otherwise
 * redirect names or make directories opaque), and only of the namespaces that Linux file systems hold.
 */
export function keepXattrs(xattrs: XattrMap): XattrMap {
  if (xattrs.size === 0) return xattrs;
  const kept = new Map<ByteString, Uint8Array>();
  for (const [name, value] of xattrs) {
    if (name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.') || name.includes('\0'))
      continue;
    if (splitName(name) !== undefined) kept.set(name, value);
  }
  return kept;
}

/**
 * The xattrs of an inode as EROFS stores them behind it: a header of 12 bytes, then entries, each padded to 4 bytes, in
 * the order of their names. Empty for no attributes.
 *
 * @param path names the entry in errors
 * @throws LamellaError invalid `xattr-too-large`, `xattr-invalid`
 */
export function encodeXattrs(xattrs: XattrMap, path: string): Uint8Array {
  if (xattrs.size === 0) return new Uint8Array(0);
  let size = xattrHeaderSize;
  for (const [name, value] of xattrs) {
    if (name.length > maxXattrName || value.length > maxXattrValue) throw tooLarge(path);
    checkAcl(name, value, path);
    size += entrySize(restOf(name).length, value.length);
  }
  if (size > maxXattrBody) throw tooLarge(path);
  const body = Buffer.alloc(size);
  let position = xattrHeaderSize;
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [index] = splitName(name) ?? [0];
    const rest = fromByteString(restOf(name));
    body[position] = rest.length;
    body[position + 1] = index;
    body.writeUInt16LE(value.length, position + 2);
    body.set(rest, position + 4);
    body.set(value, position + 4 + rest.length);
    position += entrySize(rest.length, value.length);
  }
  return body;
}

/**
 * The attributes in a body that {@link encodeXattrs} wrote, or undefined where the body is damaged. Shared attributes,
 * which we never write, count as damage.
 */
export function decodeXattrs(body: Uint8Array): Map<ByteString, Uint8Array> | undefined {
  const found = new Map<ByteString, Uint8Array>();
  if (body.length === 0) return found;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  if (bytes.length < xattrHeaderSize || bytes[4] !== 0) return undefined;
  let position = xattrHeaderSize;
  while (position < bytes.length) {
    if (position + 4 > bytes.length) return undefined;
    const nameLength = bytes.readUInt8(position);
    const index = bytes.readUInt8(position + 1);
    const valueSize = bytes.readUInt16LE(position + 2);
    const prefix = prefixes.find(([known]) => known === index)?.[1];
    const end = position + entrySize(nameLength, valueSize);
    if (prefix === undefined || end > bytes.length) return undefined;
    const valueAt = position + 4 + nameLength;
    const name = prefix + bytes.toString('latin1', position + 4, valueAt);
    found.set(name as ByteString, new Uint8Array(bytes.subarray(valueAt, valueAt + valueSize)));
    position = end;
  }
  return found;
}

function entrySize(nameLength: number, valueSize: number): number {
  return roundUp(4 + nameLength + valueSize, 4);
}

function splitName(name: ByteString): readonly [index: number, rest: ByteString] | undefined {
  for (const [index, prefix] of prefixes) {
    const whole = !prefix.endsWith('.');
    if (whole ? name === prefix : name.startsWith(prefix) && name.length > prefix.length) {
      return [index, name.slice(prefix.length) as ByteString];
    }
  }
  return undefined;
}

function restOf(name: ByteString): ByteString {
  return splitName(name)?.[1] ?? name;
}

/** The kernel refuses to look at a file whose access list it cannot read: version 2, then entries of 8 bytes. */
function checkAcl(name: ByteString, value: Uint8Array, path: string): void {
  if (!name.startsWith('system.posix_acl_')) return;
  const isAcl =
    value.length >= 4 &&
    (value.length - 4) % 8 === 0 &&
    value[0] === 2 &&
    !value[1] &&
    !value[2] &&
    !value[3];
  if (!isAcl) {
    throw new LamellaError('invalid', `${path}: lsetxattr ${name}: invalid argument`, {
      code: 'xattr-invalid',
    });
  }
}

function tooLarge(path: string): LamellaError {
  return new LamellaError('invalid', `${path}: extended attributes are too large`, {
    code: 'xattr-too-large',
  });
}
