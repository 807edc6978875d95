import { existsSync } from 'node:fs';
import { displayByteString, toByteString, type ByteString } from '../base/byte-string.ts';
import { messageOf } from '../base/errors.ts';
import { ErofsReader, memorySource } from '../erofs/reader.ts';
import type { Digest } from '../oci/digest.ts';
import type { LayerDamage } from './layer.ts';
import { isInUserNamespace, lastMappedId } from '../linux/user-namespace.ts';
import { layerNode } from './lower-layers.ts';
import { singleDirectory, type LowerDirectory, type LowerEntry } from './lower-view.ts';
import type { LayerPaths } from './layer-paths.ts';
import { upperChanges } from './upper-changes.ts';

const reasons = { A: 'is not in the layer', C: 'was changed', D: 'is missing' } as const;

/**
 * The files in which the unpacked tree, where there is one, differs from the layer. Read like an upper directory that is
 * compared with the one layer: anything that would count as a change there is damage here.
 */
export function treeDamage(
  paths: Pick<LayerPaths, 'tree'>,
  diffId: Digest,
  { index, readTar }: { index: Uint8Array; readTar: (offset: number, length: number) => Uint8Array },
): LayerDamage[] {
  if (!existsSync(paths.tree)) return [];
  const reader = new ErofsReader(memorySource(index));
  const root = layerNode({ index: reader, readTar, name: '' });
  const damage: LayerDamage[] = [];
  const tell = (path: ByteString, reason: string): void => {
    damage.push({ diffId, part: 'tree', path, reason: `/${displayByteString(path)} ${reason}` });
  };
  try {
    const ignoreOwners = isInUserNamespace() && lastMappedId('uid') === 0;
    const options = { compareContent: true, verbatim: true, ignoreOwners };
    const lower = singleDirectory(root);
    for (const { path, kind } of upperChanges(paths.tree, lower, options)) {
      if (kind === 'D' && mayLack(lower, path)) continue;
      tell(path, reasons[kind]);
    }
  } catch (error) {
    tell(toByteString(''), `cannot be read: ${messageOf(error)}`);
  }
  return damage;
}

/** Devices, which only the machine's root can make: trees that an ordinary user has unpacked are without. */
function mayLack(layer: LowerDirectory, path: ByteString): boolean {
  if (!isInUserNamespace()) return false;
  let folder: LowerDirectory | undefined = layer;
  let entry: LowerEntry | undefined;
  for (const name of path.split('/')) {
    entry = folder?.lookup(name as ByteString);
    folder = entry?.directory;
  }
  return [0o020000, 0o060000].includes((entry?.status.mode ?? 0) & 0o170000);
}
