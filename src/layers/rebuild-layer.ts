import { open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LamellaError } from '../base/errors.ts';
import { removeTree, syncDirectory } from '../base/files.ts';
import { readChunks } from '../base/streams.ts';
import { createIngest } from '../blobs/ingest.ts';
import { LayerTree } from '../erofs/layer-tree.ts';
import { writeErofs } from '../erofs/writer.ts';
import { Digester, type Digest } from '../oci/digest.ts';
import { TarScanner } from '../tar/scanner.ts';
import { ChunkSums, formatSums } from './chunk-sums.ts';
import type { LayerPaths } from './layer-paths.ts';
import { readAt } from './read-at.ts';

/** Makes all other forms of a layer anew from its tar, once that has proved to be the right one. */
export async function rebuildLayer(
  paths: LayerPaths,
  diffId: Digest,
  { root, signal }: { root: string; signal?: AbortSignal | undefined },
): Promise<void> {
  await using tar = await open(paths.tar, 'r');
  const digester = new Digester();
  const sums = new ChunkSums();
  const tree = new LayerTree();
  const scanner = new TarScanner({ entry: (entry) => tree.add(entry) });
  for await (const piece of readChunks(tar, { lend: true })) {
    signal?.throwIfAborted();
    digester.update(piece);
    sums.update(piece);
    scanner.write(piece);
  }
  const tarSize = digester.size;
  if (digester.digest() !== diffId) {
    throw new LamellaError('corrupt', `layer ${diffId} is damaged: its tar does not have that digest`, {
      code: 'layer-corrupt',
      hint: 'Load or pull the image again: good content replaces what is damaged.',
    });
  }
  scanner.end();
  await using ingest = await createIngest(root);
  const index = writeErofs(tree.finish(), {
    tarSize,
    readTar: (offset, length) => readAt(tar.fd, offset, length),
  });
  await replace(join(ingest.path, 'index'), paths.index, index);
  await replace(join(ingest.path, 'sums'), paths.sums, [formatSums(sums.finish())]);
  await syncDirectory(paths.folder);
  await removeTree(paths.tree);
}

async function replace(temporary: string, path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  {
    await using file = await open(temporary, 'wx', 0o644);
    for (const piece of pieces) await writeFile(file, piece);
    await file.datasync();
  }
  await rename(temporary, path);
}
