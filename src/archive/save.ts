import { toByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import { type ByteStream, streamOf } from '../base/streams.ts';
import { descriptorJson } from '../oci/descriptor.ts';
import { formatGoJson, type GoJson } from '../oci/go-json.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import { familiarReference, formatReference, type Reference } from '../oci/reference.ts';
import { formatTarHeader, tarPadding, tarTrailer } from '../tar/writer.ts';
import { blobName } from './member-name.ts';
import type { ArchiveDeps } from './ports.ts';
import { planSavedImage, type SavedBlob, type SavedImage } from './save-plan.ts';
import { selectImages } from './select-images.ts';

/** An archive that is ready to be written. */
export interface SavedArchive {
  /** Bytes of the whole. */
  readonly size: number;
  /**
   * To be read once; a piece is good until the next one is asked for. The images are safe from the collector until the
   * stream ends or is left.
   */
  readonly content: ByteStream;
}

export interface SaveOptions {
  /** What every image must be made for; any will do by default. */
  readonly platform?: Platform | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A member of the archive in its place. */
interface ArchiveMember {
  readonly header: Uint8Array;
  readonly size: number;
  open(): Promise<ByteStream> | ByteStream;
}

/**
 * Writes images as one tar that Docker, Podman, Skopeo and every reader of OCI layouts takes:
 *
 *     oci-layout  index.json      an OCI layout (OCI Image Specification, image-layout.md)
 *     manifest.json               the same images for `docker load`
 *     blobs/sha256/<hex>          manifests and configs, then layers
 *
 * The same images under the same names give the same bytes. The documents come first, so that a reader of a stream knows
 * what follows.
 *
 * @param names as `docker save` takes them, see {@link selectImages}
 * @throws LamellaError not-found `image-not-found`, `platform-not-found`, invalid `reference-invalid`, corrupt `layer-missing`
 */
export async function saveImages(
  deps: ArchiveDeps,
  names: readonly string[],
  { platform, signal }: SaveOptions = {},
): Promise<SavedArchive> {
  using cleanup = new DisposableStack();
  const lease = cleanup.use(deps.createLease());
  const selected = selectImages(deps.images, names);
  const images: SavedImage[] = [];
  for (const image of selected) {
    try {
      const planned = await planSavedImage(image, deps, platform);
      lease.add(...[planned.config, planned.manifest, ...planned.layers].map(({ digest }) => digest));
      images.push(planned);
    } finally {
      // Who removed it before the lease was there may have taken content with it: then it is the image that is missing.
      deps.images.find(image.id);
    }
  }
  const members = archiveMembers(images);
  const size = members.reduce(
    (sum, member) => sum + member.header.byteLength + member.size + tarPadding(member.size).byteLength,
    0,
  );
  const held = cleanup.move();
  return { size: size + tarTrailer.byteLength, content: writeMembers(members, held, signal) };
}

async function* writeMembers(
  members: readonly ArchiveMember[],
  held: DisposableStack,
  signal: AbortSignal | undefined,
): ByteStream {
  using _ = held;
  for (const member of members) {
    const { header, size } = member;
    signal?.throwIfAborted();
    yield header;
    if (size === 0) continue;
    yield* exactly(await member.open(), size, signal);
    const padding = tarPadding(size);
    if (padding.byteLength > 0) yield padding;
  }
  yield tarTrailer;
}

/** The header has promised a size. */
async function* exactly(stream: ByteStream, size: number, signal: AbortSignal | undefined): ByteStream {
  let seen = 0;
  for await (const piece of stream) {
    signal?.throwIfAborted();
    seen += piece.byteLength;
    if (seen > size) break;
    yield piece;
  }
  if (seen !== size) {
    throw new LamellaError('corrupt', `stored content has ${seen} bytes, not ${size}`, {
      code: 'store-damaged',
      hint: 'Run system check.',
    });
  }
}

function archiveMembers(images: readonly SavedImage[]): ArchiveMember[] {
  const documents = new Map<string, SavedBlob>();
  const layers = new Map<string, SavedBlob>();
  for (const { config, manifest } of images) {
    for (const blob of [config, manifest]) documents.set(blobName(blob.digest), blob);
  }
  for (const layer of images.flatMap((image) => image.layers)) layers.set(blobName(layer.digest), layer);
  const blobs = [...[...documents].sort(([a], [b]) => (a < b ? -1 : 1)), ...layers];
  return [
    fileMember('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    fileMember('index.json', formatGoJson(indexJson(images))),
    fileMember('manifest.json', formatGoJson(images.map(dockerJson))),
    directoryMember('blobs'),
    directoryMember('blobs/sha256'),
    ...blobs.map(([name, blob]) => ({ ...blob, header: fileHeader(name, blob.size) })),
  ];
}

function dockerJson({ config, layers, tags }: SavedImage): GoJson {
  return {
    Config: blobName(config.digest),
    RepoTags: tags.length === 0 ? null : tags.map(familiarReference),
    Layers: layers.map(({ digest }) => blobName(digest)),
  };
}

/** One descriptor for each name, as Docker and containerd have it. */
function indexJson(images: readonly SavedImage[]): GoJson {
  const descriptors = images.flatMap(({ manifest: { mediaType, digest, size }, tags }) => {
    const descriptor = { mediaType, digest, size };
    if (tags.length === 0) return [descriptor];
    return tags.map((tag) => ({ ...descriptor, annotations: nameAnnotations(tag) }));
  });
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: descriptors.map(descriptorJson) };
}

function nameAnnotations(tag: Reference): Record<string, string> {
  return {
    'io.containerd.image.name': formatReference(tag),
    'org.opencontainers.image.ref.name': tag.tag ?? '',
  };
}

function fileMember(name: string, text: string): ArchiveMember {
  const bytes = Buffer.from(text);
  return {
    header: fileHeader(name, bytes.byteLength),
    size: bytes.byteLength,
    open: () => streamOf(bytes),
  };
}

function directoryMember(name: string): ArchiveMember {
  return {
    header: formatTarHeader({ type: 'directory', path: toByteString(`${name}/`), mode: 0o755 }),
    size: 0,
    open: () => streamOf(),
  };
}

function fileHeader(name: string, size: number): Uint8Array {
  return formatTarHeader({ type: 'file', path: toByteString(name), mode: 0o644, size });
}
