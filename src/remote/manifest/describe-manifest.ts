import type { JsonObject, JsonValue } from '../../base/json.ts';
import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { ImageIndex, ImageManifest } from '../../oci/manifest.ts';
import { isImageConfigMediaType, mediaTypes } from '../../oci/media-types.ts';
import type { Platform } from '../../oci/platform.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import type { RemoteManifest, RepositoryClient, RequestOptions } from '../client/repository.ts';
import { type ReadManifest, readDescribed } from './read-manifest.ts';
import { maxIndexDepth } from './resolve-image.ts';

/**
 * What `docker manifest inspect --verbose` prints: an object for an image, an array of them for an index.
 *
 * @param name the whole reference, `docker.io/library/ubuntu:14.04`
 */
export async function describeManifest(
  repository: RepositoryClient,
  { remote, document }: ReadManifest,
  name: string,
  options: RequestOptions = {},
): Promise<JsonObject | JsonObject[]> {
  if (document.kind === 'index') return await describeEntries(repository, document, name, options, 1);
  const platform = await configPlatform(repository, document, options);
  return described(name, remote, document, platform);
}

async function describeEntries(
  repository: RepositoryClient,
  index: ImageIndex,
  name: string,
  options: RequestOptions,
  depth: number,
): Promise<JsonObject[]> {
  if (depth > maxIndexDepth) {
    throw new LamellaError('invalid', `index is nested deeper than ${maxIndexDepth} levels`, {
      code: 'index-too-deep',
    });
  }
  const entries: JsonObject[] = [];
  for (const descriptor of index.manifests) {
    const { remote, document } = await readDescribed(repository, descriptor, options);
    if (document.kind === 'index') {
      entries.push(...(await describeEntries(repository, document, name, options, depth + 1)));
    } else {
      entries.push(described(`${name}@${remote.digest}`, remote, document, platformOf(descriptor)));
    }
  }
  return entries;
}

function described(
  name: string,
  { digest, bytes }: RemoteManifest,
  { mediaType }: ImageManifest,
  platform: Platform,
): JsonObject {
  const kind = mediaType === mediaTypes.dockerManifest ? 'SchemaV2Manifest' : 'OCIManifest';
  return {
    Ref: name,
    Descriptor: { mediaType, digest, size: bytes.byteLength, platform: platformJson(platform) },
    Raw: bytes.toString('base64'),
    [kind]: parseStrictJson(bytes),
  };
}

function platformOf({ platform }: Descriptor): Platform {
  return platform ?? { os: '', architecture: '' };
}

/** An image that is in no index says its platform in its config; what is no image has none. */
async function configPlatform(
  repository: RepositoryClient,
  { config }: ImageManifest,
  options: RequestOptions,
): Promise<Platform> {
  if (!isImageConfigMediaType(config.mediaType)) return { os: '', architecture: '' };
  return parseImageConfig(await repository.document(config, options));
}

function platformJson({ architecture, os, osVersion, osFeatures, variant }: Platform): JsonObject {
  const fields: Record<string, JsonValue> = { architecture, os };
  if (osVersion) fields['os.version'] = osVersion;
  if (osFeatures !== undefined && osFeatures.length > 0) fields['os.features'] = [...osFeatures];
  if (variant) fields['variant'] = variant;
  return fields;
}
