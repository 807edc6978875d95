import { toByteString, type ByteString } from '../../base/byte-string.ts';

/** The components of a path, without empty ones and `.`; `..` stops at the root. */
export function componentsOf(path: string): ByteString[] {
  return normalize(toByteString(path).split('/') as ByteString[]);
}

export function normalize(parts: readonly ByteString[]): ByteString[] {
  const result: ByteString[] = [];
  for (const part of parts) {
    if (part === '..') result.pop();
    else if (part !== '' && part !== '.') result.push(part);
  }
  return result;
}

export function joinPath(parts: readonly ByteString[]): ByteString {
  return parts.join('/') as ByteString;
}
