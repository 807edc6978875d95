import type { Descriptor } from '../oci/descriptor.ts';
import { digestAlgorithm, Digester } from '../oci/digest.ts';
import { type ImageConfig, parseImageConfig } from '../oci/image-config.ts';
import { type ImageIndex, type ImageManifest, parseManifest } from '../oci/manifest.ts';
import { isImageConfigMediaType, layerCompression } from '../oci/media-types.ts';
import { formatPlatform, hostPlatform, matchPlatform, type Platform } from '../oci/platform.ts';
import { parseReference, type Reference, withDefaultTag } from '../oci/reference.ts';
import { LamellaError } from '../base/errors.ts';
import { damagedMember, invalidArchive, missingMember } from './archive-error.ts';
import type { ArchiveSource } from './archive-source.ts';
import { blobName } from './member-name.ts';
import type { PlannedImage } from './planned-image.ts';

type Documents = Pick<ArchiveSource, 'document'>;

/** An index may lead to another one so many times. */
const maxDepth = 8;

/**
 * Reads the documents of an OCI layout (OCI Image Specification, image-layout.md): every image that its index names, of
 * one for several platforms the one that fits. Attestations and artifacts that are no images are passed over.
 *
 * @param options.platform what is wanted where there is a choice; the host's by default
 */
export async function planOciLayout(
  source: Documents,
  indexBytes: Buffer,
  { platform }: { platform?: Platform | undefined },
): Promise<PlannedImage[]> {
  const index = parseManifest(indexBytes);
  if (index.kind !== 'index') throw invalidArchive('index.json is not an index');
  const images = new Map<string, PlannedImage>();
  for (const group of groupByName(index.manifests)) {
    const resolved = await chooseImage(source, group, platform, 0);
    for (const image of resolved) {
      const same = images.get(image.id);
      const names = [...(same?.names ?? []), ...namesOf(group[0])];
      images.set(image.id, { ...image, names });
    }
  }
  return [...images.values()];
}

/** Every manifest of a layout for which all documents are there, whatever its platform. For docker-archives. */
export async function listManifests(
  source: Documents,
  indexBytes: Buffer,
): Promise<{ bytes: Buffer; manifest: ImageManifest }[]> {
  const found: { bytes: Buffer; manifest: ImageManifest }[] = [];
  const visit = async (index: ImageIndex, depth: number): Promise<void> => {
    if (depth > maxDepth) throw tooDeep();
    for (const descriptor of index.manifests) {
      const bytes = await source.document(blobName(descriptor.digest));
      if (bytes === undefined) continue;
      checkBlob(descriptor, bytes);
      const document = parseManifest(bytes, { mediaType: descriptor.mediaType });
      if (document.kind === 'index') await visit(document, depth + 1);
      else found.push({ bytes, manifest: document });
    }
  };
  const index = parseManifest(indexBytes);
  if (index.kind !== 'index') throw invalidArchive('index.json is not an index');
  await visit(index, 0);
  return found;
}

/** Descriptors that share a name are one image for several platforms; each without a name stands for itself. */
function groupByName(descriptors: readonly Descriptor[]): Descriptor[][] {
  const groups = new Map<string, Descriptor[]>();
  for (const [position, descriptor] of descriptors.entries()) {
    if (isAttestation(descriptor)) continue;
    const key = nameText(descriptor) ?? String(position);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [descriptor]);
    else group.push(descriptor);
  }
  return [...groups.values()];
}

async function chooseImage(
  source: Documents,
  candidates: readonly Descriptor[],
  wanted: Platform | undefined,
  depth: number,
): Promise<PlannedImage[]> {
  if (depth > maxDepth) throw tooDeep();
  const platform = wanted ?? hostPlatform();
  const [only] = candidates;
  if (candidates.length === 1 && only && depth === 0) {
    const image = await resolve(source, only, wanted, depth);
    return image === undefined ? [] : [image.planned];
  }
  const ranked = candidates
    .filter((descriptor) => !isAttestation(descriptor))
    .map((descriptor) => ({ descriptor, rank: rankOf(platform, descriptor.platform) }))
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  for (const { descriptor } of ranked) {
    const image = await resolve(source, descriptor, wanted, depth);
    if (image && matchPlatform(platform, image.config) !== undefined) return [image.planned];
  }
  throw noMatch(platform, candidates);
}

/** A descriptor that states no platform may still lead to one that fits: it is tried last. */
function rankOf(wanted: Platform, platform: Platform | undefined): number | undefined {
  return platform === undefined || platform.os === '' ? 1000 : matchPlatform(wanted, platform);
}

async function resolve(
  source: Documents,
  descriptor: Descriptor,
  wanted: Platform | undefined,
  depth: number,
): Promise<{ planned: PlannedImage; config: ImageConfig } | undefined> {
  const bytes = await readBlob(source, descriptor);
  const document = parseManifest(bytes, { mediaType: descriptor.mediaType });
  if (document.kind === 'manifest')
    return readImage(source, document, bytes, depth === 0 ? wanted : undefined);
  const candidates = document.manifests.filter((inner) => !isAttestation(inner));
  if (candidates.length === 0) return undefined;
  const [planned] = await chooseImage(source, candidates, wanted, depth + 1);
  return planned && { planned, config: parseImageConfig(planned.config) };
}

async function readImage(
  source: Documents,
  manifest: ImageManifest,
  bytes: Buffer,
  wanted: Platform | undefined,
): Promise<{ planned: PlannedImage; config: ImageConfig } | undefined> {
  const { config: descriptor, layers } = manifest;
  if (descriptor.mediaType !== '' && !isImageConfigMediaType(descriptor.mediaType)) return undefined;
  const configBytes = await readBlob(source, descriptor);
  const config = parseImageConfig(configBytes);
  if (wanted !== undefined && matchPlatform(wanted, config) === undefined)
    throw noMatch(wanted, [{ platform: config }]);
  if (config.diffIds.length !== layers.length) throw wrongLayerCount(config.diffIds.length, layers.length);
  return {
    config,
    planned: {
      id: descriptor.digest,
      config: configBytes,
      manifest: { bytes, mediaType: manifest.mediaType },
      layers: config.diffIds.map((diffId, position) => {
        const layer = layers[position] as Descriptor;
        if (layerCompression(layer.mediaType) === undefined) {
          throw new LamellaError('unsupported', `layers of type ${layer.mediaType} are not supported`, {
            code: 'layer-type-unsupported',
          });
        }
        const { digest, size, mediaType } = layer;
        return { member: blobName(digest), diffId, blob: { digest, size, mediaType } };
      }),
      names: [],
    },
  };
}

export function wrongLayerCount(expected: number, got: number): LamellaError {
  return invalidArchive(`layers length mismatch: expected ${expected}, got ${got}`);
}

async function readBlob(source: Documents, descriptor: Descriptor): Promise<Buffer> {
  const bytes = await source.document(blobName(descriptor.digest));
  if (bytes === undefined) throw missingMember(`blob ${descriptor.digest}`);
  checkBlob(descriptor, bytes);
  return bytes;
}

function checkBlob({ digest, size }: Descriptor, bytes: Buffer): void {
  if (bytes.byteLength !== size)
    throw damagedMember(`blob ${digest}`, `it has ${bytes.byteLength} bytes, not ${size}`);
  const digester = new Digester(digestAlgorithm(digest));
  digester.update(bytes);
  const found = digester.digest();
  if (found !== digest) throw damagedMember(`blob ${digest}`, `its content hashes to ${found}`);
}

/** BuildKit's provenance and bills of materials, which stand beside the images of an index. */
function isAttestation({ annotations, platform }: Descriptor): boolean {
  return (
    annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' ||
    (platform?.os === 'unknown' && platform.architecture === 'unknown')
  );
}

function nameText({ annotations = {} }: Descriptor): string | undefined {
  return (
    annotations['io.containerd.image.name'] || annotations['org.opencontainers.image.ref.name'] || undefined
  );
}

/**
 * The names under which an index lists an image. Many tools write a bare tag there, such as `latest`: it says nothing
 * of the repository, so it is no name.
 */
function namesOf(descriptor: Descriptor | undefined): Reference[] {
  const text = descriptor && nameText(descriptor);
  if (text === undefined || !/[/:]/.test(text)) return [];
  try {
    return [withDefaultTag(parseReference(text))];
  } catch {
    // The specification allows names that are none of Docker's: the image is still reachable by its ID.
    return [];
  }
}

/** None of what there is suits the platform that is wanted. */
export function noMatch(
  wanted: Platform,
  candidates: readonly { readonly platform?: Platform }[],
): LamellaError {
  const there = candidates.map(({ platform }) => platform && formatPlatform(platform)).filter((text) => text);
  return new LamellaError(
    'not-found',
    `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`,
    {
      code: 'platform-not-found',
      hint:
        there.length === 0
          ? 'The archive does not say for which platforms its images are.'
          : `The archive has ${there.join(', ')}: choose one with --platform.`,
    },
  );
}

function tooDeep(): LamellaError {
  return invalidArchive(`indexes are nested deeper than ${maxDepth} levels`);
}
