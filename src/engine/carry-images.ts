import type { ArchiveDeps, LayerProgress } from '../archive/ports.ts';
import { importImage } from '../archive/import.ts';
import { loadImages } from '../archive/load.ts';
import { saveImages } from '../archive/save.ts';
import type { ByteStream } from '../base/streams.ts';
import { parsePlatform } from '../oci/platform.ts';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import { collectAfter } from './collect.ts';
import type { OperationOptions, ProgressEvent } from './ports/common.ts';
import type { ImageEngine, LoadedImage, SavedImages } from './ports/image-engine.ts';
import type { Store } from './store.ts';

type ImportOptions = Parameters<ImageEngine['import']>[1];
type LoadOptions = Parameters<ImageEngine['load']>[1];
type SaveOptions = Parameters<ImageEngine['save']>[1];

export async function importInto(
  store: Store,
  content: ByteStream,
  options: ImportOptions,
): Promise<{ id: string }> {
  const { reference, platform, changes, message, source } = options;
  const id = await collectAfter(store, async () =>
    importImage(await archiveDeps(store), content, {
      ...operationOptions(options),
      ...(reference !== undefined && { reference: withDefaultTag(parseReference(reference)) }),
      ...(platform !== undefined && { platform: parsePlatform(platform) }),
      changes,
      message,
      source,
    }),
  );
  return { id };
}

export async function* loadInto(
  store: Store,
  source: ByteStream | { readonly path: string },
  options: LoadOptions,
): AsyncGenerator<LoadedImage> {
  const { platform } = options;
  const loaded = await collectAfter(store, async () =>
    loadImages(await archiveDeps(store), source, {
      ...operationOptions(options),
      ...(platform !== undefined && { platform: parsePlatform(platform) }),
    }),
  );
  for (const { id, name, replaced } of loaded)
    yield { id, name, ...(replaced !== undefined && { replaced }) };
}

export async function saveFrom(
  store: Store,
  names: readonly string[],
  options: SaveOptions,
): Promise<SavedImages> {
  return await saveImages(await archiveDeps(store), names, { signal: options.signal });
}

async function archiveDeps(store: Store): Promise<ArchiveDeps> {
  return {
    layers: await store.layers(),
    blobs: store.blobs,
    images: store.images,
    createLease: () => store.createLease(),
  };
}

function operationOptions({ signal, onProgress }: OperationOptions): {
  signal?: AbortSignal | undefined;
  onProgress?: (progress: LayerProgress) => void;
} {
  return {
    signal,
    ...(onProgress !== undefined && {
      onProgress: (progress: LayerProgress): void => onProgress(progress satisfies ProgressEvent),
    }),
  };
}
