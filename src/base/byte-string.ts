/**
 * Bytes held as a string of which every character code is one byte (0–255).
 *
 * File names on Linux are bytes, not text: any but NUL and `/`. Held this way they are exact, cheap to compare, and
 * usable as keys of a Map; `<` orders them byte-wise.
 */
export type ByteString = string & { readonly __bytes: unique symbol };

export function byteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as ByteString;
}

/** The bytes of `text` in UTF-8. */
export function toByteString(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1') as ByteString;
}

export function fromByteString(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** For showing to people: UTF-8 where it is that; invalid sequences become U+FFFD. Escape control characters before printing. */
export function displayByteString(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
