import type { ArchiveDeps } from '../archive/ports.ts';
import { importImage } from '../archive/import.ts';
import { loadImages } from '../archive/load.ts';
import { saveImages } from '../archive/save.ts';
import type { ByteStream } from '../base/streams.ts';
import { parsePlatform, type Platform } from '../oci/platform.ts';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import { collectAfter } from './collect.ts';
import type { ImageEngine, LoadedImage, SavedImages } from './ports/image-engine.ts';
import type { Store } from './store.ts';

type ImportOptions = NonNullable<Parameters<ImageEngine['import']>[1]>;
type LoadOptions = NonNullable<Parameters<ImageEngine['load']>[1]>;
type SaveOptions = NonNullable<Parameters<ImageEngine['save']>[1]>;

export async function importInto(
  store: Store,
  content: ByteStream,
  options: ImportOptions,
): Promise<{ id: string }> {
  const { reference } = options;
  const id = await collectAfter(store, async () =>
    importImage(await archiveDeps(store), content, {
      ...options,
      reference: reference === undefined ? undefined : withDefaultTag(parseReference(reference)),
      platform: platformOf(options),
    }),
  );
  return { id };
}

export async function* loadInto(
  store: Store,
  source: ByteStream | { readonly path: string },
  options: LoadOptions,
): AsyncGenerator<LoadedImage> {
  const loaded = await collectAfter(store, async () =>
    loadImages(await archiveDeps(store), source, { ...options, platform: platformOf(options) }),
  );
  for (const { id, name, replaced } of loaded)
    yield { id, name, ...(replaced !== undefined && { replaced }) };
}

export async function saveFrom(
  store: Store,
  names: readonly string[],
  options: SaveOptions,
): Promise<SavedImages> {
  const { signal } = options;
  return await saveImages(await archiveDeps(store), names, { platform: platformOf(options), signal });
}

function platformOf({ platform }: { readonly platform?: string | undefined }): Platform | undefined {
  return platform === undefined || platform === '' ? undefined : parsePlatform(platform);
}

async function archiveDeps(store: Store): Promise<ArchiveDeps> {
  return {
    layers: await store.layers(),
    blobs: store.blobs,
    images: store.images,
    createLease: () => store.createLease(),
  };
}
