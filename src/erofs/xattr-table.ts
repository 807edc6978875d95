import { byteString, type ByteString } from '../base/byte-string.ts';
import { decodeXattrs, encodeXattrs, keepXattrs, type XattrMap } from './xattr-body.ts';
import { quotePath } from './tree-path.ts';

const none = new Uint8Array(0);

/**
 * Sets of extended attributes, each different one kept once in its encoded form: in a layer with security labels
 * thousands of files share a handful. Set 0 is the empty one.
 */
export class XattrTable {
  readonly #bodies: Uint8Array[] = [none];
  readonly #known = new Map<ByteString, number>();

  /** The set of those attributes that a layer may bring; see {@link keepXattrs}. */
  add(xattrs: XattrMap, path: ByteString): number {
    if (xattrs.size === 0) return 0;
    const body = encodeXattrs(keepXattrs(xattrs), quotePath(path));
    if (body.length === 0) return 0;
    const key = byteString(body);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const set = this.#bodies.push(body) - 1;
    this.#known.set(key, set);
    return set;
  }

  /** A set changed by further attributes, as extraction over an existing directory would change it. */
  merge(set: number, xattrs: XattrMap, path: ByteString): number {
    if (xattrs.size === 0) return set;
    if (set === 0) return this.add(xattrs, path);
    return this.add(new Map([...this.attributes(set), ...xattrs]), path);
  }

  body(set: number): Uint8Array {
    return this.#bodies[set] ?? none;
  }

  attributes(set: number): Map<ByteString, Uint8Array> {
    return decodeXattrs(this.body(set)) ?? new Map<ByteString, Uint8Array>();
  }
}
