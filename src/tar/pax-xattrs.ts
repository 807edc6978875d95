import { byteString, fromByteString, type ByteString } from '../base/byte-string.ts';
import { badHeader } from './tar-errors.ts';

const schily = 'SCHILY.xattr.';
const libarchive = 'LIBARCHIVE.xattr.';
const none: ReadonlyMap<ByteString, Uint8Array> = new Map();

function isXattrKey(key: ByteString): boolean {
  return key.startsWith(schily) || key.startsWith(libarchive);
}

/**
 * The extended attributes among pax records. `SCHILY.xattr.NAME` (star, GNU tar, Docker) holds the value as it is, with
 * `=` and `%` of the name written %3D and %25 as GNU tar does; `LIBARCHIVE.xattr.NAME` (bsdtar) has the name
 * percent-encoded and the value in base64. Where both name one attribute the first form counts.
 *
 * @throws LamellaError corrupt `tar-header-invalid` for an empty name or one with a NUL
 */
export function xattrsOf(records: ReadonlyMap<ByteString, ByteString>): ReadonlyMap<ByteString, Uint8Array> {
  let found: Map<ByteString, Uint8Array> | undefined;
  for (const [key, value] of records) {
    if (!isXattrKey(key)) continue;
    found ??= new Map();
    if (key.startsWith(schily)) {
      found.set(checked(decodeSchilyName(key.slice(schily.length))), fromByteString(value));
    } else {
      const name = checked(decodePercent(key.slice(libarchive.length)));
      if (!records.has(xattrKey(name))) found.set(name, Buffer.from(value, 'base64'));
    }
  }
  return found ?? none;
}

/** The key under which an attribute is written. */
export function xattrKey(name: ByteString): ByteString {
  return `${schily}${name.replaceAll('%', '%25').replaceAll('=', '%3D')}` as ByteString;
}

function decodeSchilyName(text: string): ByteString {
  return text.replace(/%3D|%25/g, (code) => (code === '%25' ? '%' : '=')) as ByteString;
}

function decodePercent(text: string): ByteString {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    byteString(Uint8Array.of(Number.parseInt(hex, 16))),
  ) as ByteString;
}

function checked(name: ByteString): ByteString {
  if (name === '' || name.includes('\0'))
    throw badHeader('the name of an extended attribute is empty or holds a NUL');
  return name;
}
