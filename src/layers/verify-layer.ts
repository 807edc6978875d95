import { open, readFile } from 'node:fs/promises';
import { displayByteString } from '../base/byte-string.ts';
import { messageOf } from '../base/errors.ts';
import { unlessMissing } from '../base/files.ts';
import { readChunks, type ByteStream } from '../base/streams.ts';
import { LayerTree } from '../erofs/layer-tree.ts';
import { writeErofs } from '../erofs/writer.ts';
import { Digester, type Digest } from '../oci/digest.ts';
import { TarScanner } from '../tar/scanner.ts';
import { ChunkSums, differingRanges, parseSums } from './chunk-sums.ts';
import { filesInRanges } from './damaged-files.ts';
import { indexDamage } from './index-damage.ts';
import type { LayerDamage } from './layer.ts';
import type { LayerPaths } from './layer-paths.ts';
import { readAt } from './read-at.ts';
import { treeDamage } from './tree-damage.ts';

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of the tar have been read so far. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Reads the whole layer once. The digest decides whether the tar is good; checksums say where it is not, and the index
 * which files are there. With a good tar, the index is compared with the one that the tar gives today.
 */
export async function verifyLayer(
  paths: LayerPaths,
  diffId: Digest,
  options: VerifyOptions,
): Promise<LayerDamage[]> {
  const file = await unlessMissing(open(paths.tar, 'r'));
  if (file === undefined) return [{ diffId, part: 'tar', reason: 'the tar is missing' }];
  await using tar = file;
  const scan = await scanTar(readChunks(tar, { lend: true }), options);
  const storedSums = await unlessMissing(readFile(paths.sums)).then((bytes) => bytes && parseSums(bytes));
  if (scan.digest !== diffId) return await tarDamage(paths, diffId, storedSums, scan);

  const damage: LayerDamage[] = [];
  if (storedSums === undefined || differingRanges(storedSums, scan.sums).length > 0) {
    damage.push({ diffId, part: 'sums', reason: 'the checksums are missing or damaged' });
  }
  if (scan.tree === undefined) throw new Error(`layer ${diffId} cannot be read: ${scan.failure}`);
  const readTar = (offset: number, length: number): Uint8Array => readAt(tar.fd, offset, length);
  const fresh = Buffer.concat([...writeErofs(scan.tree.finish(), { tarSize: scan.size, readTar })]);
  const stored = await unlessMissing(readFile(paths.index));
  if (stored === undefined) damage.push({ diffId, part: 'index', reason: 'the index is missing' });
  else if (!stored.equals(fresh)) damage.push(...indexDamage(diffId, stored, fresh));
  damage.push(...treeDamage(paths, diffId, { index: fresh, readTar }));
  return damage;
}

interface Scan {
  readonly digest: Digest;
  readonly size: number;
  readonly sums: readonly number[];
  /** Undefined where the tar could not be understood, for the reason that `failure` gives. */
  readonly tree: LayerTree | undefined;
  readonly failure: string;
}

async function scanTar(bytes: ByteStream, { signal, onProgress }: VerifyOptions): Promise<Scan> {
  const digester = new Digester();
  const sums = new ChunkSums();
  const tree = new LayerTree();
  const scanner = new TarScanner({ entry: (entry) => tree.add(entry) });
  let failure = '';
  const attempt = (action: () => void): void => {
    if (failure !== '') return;
    try {
      action();
    } catch (error) {
      failure = messageOf(error);
    }
  };
  for await (const piece of bytes) {
    signal?.throwIfAborted();
    digester.update(piece);
    sums.update(piece);
    attempt(() => scanner.write(piece));
    onProgress?.(digester.size);
  }
  attempt(() => scanner.end());
  const size = digester.size;
  return {
    digest: digester.digest(),
    size,
    sums: sums.finish(),
    tree: failure === '' ? tree : undefined,
    failure,
  };
}

async function tarDamage(
  paths: LayerPaths,
  diffId: Digest,
  storedSums: readonly number[] | undefined,
  scan: Scan,
): Promise<LayerDamage[]> {
  const whole: LayerDamage = { diffId, part: 'tar', reason: `its content hashes to ${scan.digest}` };
  if (storedSums === undefined) return [whole];
  const index = await unlessMissing(readFile(paths.index));
  const ranges = differingRanges(storedSums, scan.sums);
  const files = index === undefined ? [] : filesInRanges(index, ranges);
  if (files.length === 0) return [whole];
  const places = ranges.map(({ start, end }) => `${start}–${Math.min(end, scan.size)}`).join(', ');
  return [
    { ...whole, reason: `${whole.reason}; bytes ${places} differ` },
    ...files.map((path) => ({
      diffId,
      part: 'tar' as const,
      path,
      reason: `${displayByteString(path)} may be damaged: it lies in a part of the layer that has changed`,
    })),
  ];
}
