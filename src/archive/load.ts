import { type FileHandle, open, stat } from 'node:fs/promises';
import { LamellaError } from '../base/errors.ts';
import { unlessMissing } from '../base/files.ts';
import { type ByteStream, readChunks } from '../base/streams.ts';
import type { StagedLayer } from '../layers/layer.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import { familiarReference } from '../oci/reference.ts';
import { decompress, detectCompression } from '../tar/compression.ts';
import { invalidArchive } from './archive-error.ts';
import type { ArchiveSource, WantedLayer } from './archive-source.ts';
import { createDirectoryFinder } from './directory-finder.ts';
import { createSeekableSource, createTarFileFinder } from './file-source.ts';
import { planDockerArchive } from './plan-docker.ts';
import { planOciLayout } from './plan-oci.ts';
import type { PlannedImage } from './planned-image.ts';
import type { ArchiveDeps, ArchiveOptions, ContentLease } from './ports.ts';
import { createStreamSource } from './stream-source.ts';

export interface LoadOptions extends ArchiveOptions {
  /** Of an image for several platforms, which one; the host's by default. */
  readonly platform?: Platform | undefined;
}

/** A file (or an OCI layout's directory) by its path, which is faster, or bytes as they come. */
export type LoadInput = { readonly path: string } | ByteStream;

/** A line of what was loaded: one for each name, one without for an image that the archive gives none. */
export interface LoadedImage {
  readonly id: Digest;
  /** Familiar: `ubuntu:14.04`. */
  readonly name?: string;
  /** What the name pointed to before. */
  readonly replaced?: Digest;
}

/**
 * Loads every image of an archive: docker-archives old and new, OCI layouts, as a tar file compressed in any way, as a
 * stream or as a directory. Nothing is in the store before everything has been verified; what arrives is exactly what
 * the archive holds, manifests and compressed layers that they name included.
 *
 * The archive's tags are applied, as Docker does, all in one transaction and one operation: whoever is killed leaves all of
 * them or none, and `undo` takes them back together.
 *
 * @throws LamellaError invalid `archive-invalid`, `archive-incomplete`, …; corrupt `archive-damaged`, `diff-id-mismatch`;
 *   not-found `platform-not-found`
 */
export async function loadImages(
  deps: ArchiveDeps,
  input: LoadInput,
  options: LoadOptions = {},
): Promise<LoadedImage[]> {
  using lease = deps.createLease();
  await using opened = await openSource(deps, input, lease, options);
  const { source } = opened;
  const images = await planImages(source, options);
  const staged = await receiveLayers(source, images, lease, options.signal);
  options.signal?.throwIfAborted();
  return await publish(deps, images, staged);
}

async function planImages(source: ArchiveSource, options: LoadOptions): Promise<PlannedImage[]> {
  const dockerManifest = await source.document('manifest.json');
  const index = dockerManifest ?? (await source.document('index.json'));
  if (index === undefined) {
    const old = await source.document('repositories');
    throw old === undefined
      ? invalidArchive(
          'neither manifest.json nor index.json is in it',
          'A root file system is imported, not loaded: use import.',
        )
      : new LamellaError(
          'unsupported',
          'archives of Docker before 1.10 are not supported: there is no manifest.json',
          {
            code: 'archive-unsupported',
            hint: 'Load it with an old Docker and save it again.',
          },
        );
  }
  const images = dockerManifest
    ? await planDockerArchive(source, dockerManifest, options)
    : await planOciLayout(source, index, options);
  if (images.length === 0) throw invalidArchive('there is no image in it');
  return images;
}

/** Brings all layers in, each once, several at a time. When one fails the others stop. */
async function receiveLayers(
  source: ArchiveSource,
  images: readonly PlannedImage[],
  lease: ContentLease,
  signal: AbortSignal | undefined,
): Promise<StagedLayer[]> {
  const wanted = new Map<string, WantedLayer>();
  for (const layer of images.flatMap((image) => image.layers)) {
    wanted.set(`${layer.diffId} ${layer.blob?.digest ?? ''}`, layer);
  }
  const layers = [...wanted.values()];
  lease.add(...layers.flatMap(({ diffId, blob }) => (blob === undefined ? [diffId] : [diffId, blob.digest])));
  const abort = new AbortController();
  const combined = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]);
  const outcomes = await Promise.allSettled(
    layers.map(async (layer) => {
      try {
        return await source.layer(layer, { signal: combined });
      } catch (error) {
        abort.abort(error);
        throw error;
      }
    }),
  );
  signal?.throwIfAborted();
  // The first that failed aborted the others: its error is the reason.
  if (abort.signal.aborted) throw abort.signal.reason;
  return outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' && outcome.value.staged ? [outcome.value.staged] : [],
  );
}

async function publish(
  { layers, images: store }: ArchiveDeps,
  images: readonly PlannedImage[],
  staged: readonly StagedLayer[],
): Promise<LoadedImage[]> {
  layers.publishAll(staged);
  const added = await store.addAll(
    images.map(({ config, manifest, layers: wanted, names, parentId }) => ({
      config,
      layerBlobs: wanted.flatMap(({ diffId, blob }) =>
        blob === undefined || blob.digest === diffId ? [] : [{ diffId, ...pickBlob(blob) }],
      ),
      names,
      ...(manifest && { manifest }),
      ...(parentId !== undefined && { parentId }),
    })),
    'load',
  );
  return images.flatMap(({ id, names }, position): LoadedImage[] => {
    if (names.length === 0) return [{ id }];
    return names.map(familiarReference).map((name) => {
      const replaced = added[position]?.replaced.find((other) => other.name === name)?.id;
      return { id, name, ...(replaced !== undefined && { replaced }) };
    });
  });
}

function pickBlob({
  digest,
  size,
  mediaType,
}: NonNullable<WantedLayer['blob']>): NonNullable<WantedLayer['blob']> {
  return { digest, size, mediaType };
}

interface OpenedSource extends AsyncDisposable {
  readonly source: ArchiveSource;
}

async function openSource(
  deps: ArchiveDeps,
  input: LoadInput,
  lease: ContentLease,
  options: LoadOptions,
): Promise<OpenedSource> {
  await using cleanup = new AsyncDisposableStack();
  const source = cleanup.use(await chooseSource(cleanup, deps, input, lease, options));
  const owned = cleanup.move();
  return { source, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function chooseSource(
  cleanup: AsyncDisposableStack,
  deps: ArchiveDeps,
  input: LoadInput,
  lease: ContentLease,
  options: LoadOptions,
): Promise<ArchiveSource> {
  const fromStream = (stream: ByteStream): Promise<ArchiveSource> =>
    createStreamSource(decompress(stream, { signal: options.signal }), deps, lease, options);
  if (!('path' in input)) return fromStream(input);
  const info = await unlessMissing(stat(input.path));
  if (info === undefined) {
    throw new LamellaError('not-found', `open ${input.path}: no such file or directory`, {
      code: 'file-not-found',
    });
  }
  if (info.isDirectory())
    return createSeekableSource(cleanup.use(createDirectoryFinder(input.path)), deps, options);
  const file = cleanup.use(await open(input.path, 'r'));
  if (!info.isFile() || (await isCompressed(file))) return fromStream(readSequentially(file, info.isFile()));
  return createSeekableSource(await createTarFileFinder(file, info.size), deps, options);
}

/** A pipe has no positions to read at. */
function readSequentially(file: FileHandle, isFile: boolean): ByteStream {
  return isFile
    ? readChunks(file, { lend: true })
    : file.createReadStream({ autoClose: false, highWaterMark: 1 << 20 });
}

async function isCompressed(file: FileHandle): Promise<boolean> {
  const head = Buffer.alloc(6);
  const { bytesRead } = await file.read(head, 0, head.byteLength, 0);
  return detectCompression(head.subarray(0, bytesRead)) !== 'none';
}
