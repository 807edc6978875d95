import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../base/files.ts';
import { LamellaError } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import type { BlobWriter } from '../blobs/blob-store.ts';
import { createIngest } from '../blobs/ingest.ts';
import { LayerTree, type LayerTreeLimits } from '../erofs/layer-tree.ts';
import { writeErofs } from '../erofs/writer.ts';
import { Digester, type Digest } from '../oci/digest.ts';
import { decompress, type Compression, type DecompressLimits } from '../tar/compression.ts';
import { TarScanner, type TarLimits } from '../tar/scanner.ts';
import { ChunkSums, formatSums } from './chunk-sums.ts';
import { createFileSink, type FileSink, type WritebackGate } from './file-sink.ts';
import { openIncoming } from './incoming.ts';
import type { StagedLayer } from './layer.ts';
import { pathsIn } from './layer-paths.ts';
import { readAt } from './read-at.ts';
import { abortable, translateStagingError } from './staging-errors.ts';

export interface StageOptions {
  /** Found out from the first bytes where it is not given. */
  readonly compression?: Compression;
  /** Keep the compressed bytes as a blob, too. Uncompressed ones are not kept: the layer is those bytes. */
  readonly keepCompressed?: boolean;
  readonly expected?: {
    readonly diffId?: Digest;
    readonly blob?: { readonly digest: Digest; readonly size: number };
  };
  readonly limits?: DecompressLimits & TarLimits & LayerTreeLimits;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of the tar have been taken so far. */
  readonly onProgress?: (bytes: number) => void;
}

export interface StageDeps {
  readonly root: string;
  readonly blobs: BlobWriter;
  readonly gate: WritebackGate;
}

/**
 * One pass over the bytes: their digest, decompression, the diffID, the tar written to ingest/ and its index built.
 * Whatever goes wrong, nothing is left of it.
 */
export async function stageLayer(
  bytes: ByteStream,
  options: StageOptions,
  deps: StageDeps,
): Promise<StagedLayer> {
  await using cleanup = new AsyncDisposableStack();
  const ingest = cleanup.use(await createIngest(deps.root));
  const folder = join(ingest.path, 'layer');
  try {
    const written = await writeLayer(folder, bytes, options, deps);
    const owned = cleanup.move();
    return { ...written, folder, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    throw translateStagingError(error, deps.root, options.signal);
  }
}

type Written = Omit<StagedLayer, 'folder' | typeof Symbol.asyncDispose>;

async function writeLayer(
  folder: string,
  bytes: ByteStream,
  options: StageOptions,
  deps: StageDeps,
): Promise<Written> {
  const { expected, limits, signal } = options;
  const paths = pathsIn(folder);
  await mkdir(folder);
  await using incoming = await openIncoming(abortable(bytes, signal), {
    ...(options.compression === undefined ? {} : { compression: options.compression }),
    ...(options.keepCompressed === true ? { keepIn: deps.blobs } : {}),
    expected: expected?.blob ?? {},
  });
  await using tar = await createFileSink(paths.tar, deps.gate);
  const content = decompress(incoming.bytes, {
    compression: incoming.compression,
    ...(limits === undefined ? {} : { limits }),
    lend: true,
    signal,
  });
  const { diffId, tarSize, sums, tree } = await writeTar(tar, content, options);
  const blob = {
    ...(await incoming.finish({ digest: diffId, size: tarSize })),
    compression: incoming.compression,
  };
  if (expected?.diffId !== undefined && expected.diffId !== diffId)
    throw wrongDiffId(expected.diffId, diffId);

  await tar.flush();
  const finished = tree.finish();
  await using index = await createFileSink(paths.index);
  const readTar = (offset: number, length: number): Uint8Array => readAt(tar.fd, offset, length);
  for (const piece of writeErofs(finished, { tarSize, readTar })) await index.write(piece);
  const [indexSize] = await Promise.all([
    index.finish(),
    tar.finish(),
    writeDurably(paths.sums, formatSums(sums)),
  ]);
  await syncDirectory(folder);
  const { entries, contentSize } = finished;
  return { diffId, tarSize, indexSize, contentSize, entries, blob };
}

async function writeTar(
  tar: FileSink,
  content: ByteStream,
  { limits, onProgress }: StageOptions,
): Promise<{ diffId: Digest; tarSize: number; sums: readonly number[]; tree: LayerTree }> {
  const digester = new Digester();
  const sums = new ChunkSums();
  const tree = new LayerTree(limits);
  const scanner = new TarScanner(visitorOf(tree), limits);
  for await (const piece of content) {
    digester.update(piece);
    sums.update(piece);
    scanner.write(piece);
    await tar.write(piece);
    onProgress?.(digester.size);
  }
  scanner.end();
  return { tarSize: digester.size, diffId: digester.digest(), sums: sums.finish(), tree };
}

function visitorOf(tree: LayerTree): { entry: LayerTree['add'] } {
  return { entry: (entry) => tree.add(entry) };
}

function wrongDiffId(expected: Digest, found: Digest): LamellaError {
  return new LamellaError('corrupt', `invalid diffID for layer: expected "${expected}", got "${found}"`, {
    code: 'diff-id-mismatch',
    hint: 'The archive and its config do not belong together; get it again from where it came from.',
  });
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o644);
  await writeFile(file, bytes);
  await file.datasync();
}
