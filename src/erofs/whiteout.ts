import { displayByteString, type ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';

/** What a name in a layer's tar means (OCI Image Specification, layer.md, "Whiteouts"). */
export type NameMeaning =
  | { readonly kind: 'name' }
  /** The name hides that of the layers below. */
  | { readonly kind: 'whiteout'; readonly hidden: ByteString }
  /** The directory it stands in hides all that the layers below have in theirs. */
  | { readonly kind: 'opaque' }
  /** Book-keeping of AUFS (`.wh..wh.plnk`, `.wh..wh.aufs`, …), which means nothing to anybody else. */
  | { readonly kind: 'meta' };

const name: NameMeaning = { kind: 'name' };
const opaque: NameMeaning = { kind: 'opaque' };
const meta: NameMeaning = { kind: 'meta' };

export const metaPrefix = '.wh..wh.';

/**
 * @param path names the entry in errors
 * @throws LamellaError invalid `whiteout-invalid` for a whiteout of nothing, of `.` or `..`, and for one of a name that
 *   begins with `..wh.`: an opaque marker that somebody wrote wrongly, or disguised
 */
export function meaningOf(text: ByteString, path: ByteString): NameMeaning {
  if (!text.startsWith('.wh.')) return name;
  if (text === '.wh..wh..opq') return opaque;
  if (text.startsWith(metaPrefix)) return meta;
  const hidden = text.slice(4) as ByteString;
  if (hidden === '' || hidden === '.' || hidden === '..' || hidden.startsWith('..wh.'))
    throw invalidWhiteout(path);
  return { kind: 'whiteout', hidden };
}

export function invalidWhiteout(path: ByteString): LamellaError {
  return new LamellaError('invalid', `invalid whiteout entry ${JSON.stringify(displayByteString(path))}`, {
    code: 'whiteout-invalid',
  });
}
