import { displayByteString, type ByteString } from '../base/byte-string.ts';
import { ErofsReader, memorySource } from '../erofs/reader.ts';
import { walk } from '../erofs/walk.ts';
import type { Digest } from '../oci/digest.ts';
import type { LayerDamage } from './layer.ts';

/** The files that a stored index describes otherwise than one freshly made from the same tar. */
export function indexDamage(diffId: Digest, stored: Uint8Array, fresh: Uint8Array): LayerDamage[] {
  const right = describeAll(fresh);
  const found = describeAll(stored);
  const paths = new Set([...right.files.keys(), ...found.files.keys()]);
  const damage: LayerDamage[] = [];
  for (const path of paths) {
    if (right.files.get(path) === found.files.get(path)) continue;
    const reason = `the index describes /${displayByteString(path)} wrongly`;
    damage.push({ diffId, part: 'index', path, reason });
  }
  return [{ diffId, part: 'index', reason: 'the index differs from what the tar says' }, ...damage];
}

/** By path, all that an index says of each file; as much as can be read. */
function describeAll(index: Uint8Array): { files: Map<ByteString, string> } {
  const files = new Map<ByteString, string>();
  try {
    const reader = new ErofsReader(memorySource(index));
    for (const { path, inode } of walk(reader)) {
      const { data: _data, nid: _nid, size, ...rest } = inode;
      const content = inode.type === 'directory' ? [] : [size, ...reader.extents(inode)];
      const target = inode.type === 'symlink' ? reader.readlink(inode) : '';
      const xattrs = [...reader.xattrs(inode)].map(([name, value]) => [
        name,
        Buffer.from(value).toString('hex'),
      ]);
      files.set(path, JSON.stringify([rest, content, target, xattrs]));
    }
  } catch {
    // Damage that stops the reader: what could not be read counts as different.
  }
  return { files };
}
