import { type Digest, isDigest } from './digest.ts';
import type { Fields } from './json-fields.ts';
import { type Platform, readPlatform } from './platform.ts';
import { type GoJson, sortedMap } from './go-json.ts';

/** A pointer to content (OCI Image Specification, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes of the content. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where else a foreign layer can be had. */
  readonly urls?: readonly string[];
  readonly artifactType?: string;
}

/** @throws LamellaError invalid `document-invalid` */
export function readDescriptor(fields: Fields): Descriptor {
  const digest = fields.string('digest') ?? '';
  const size = fields.size('size');
  const platform = fields.object('platform');
  const annotations = fields.stringMap('annotations');
  const urls = fields.strings('urls');
  const artifactType = fields.string('artifactType');
  if (!isDigest(digest)) throw fields.wrong('digest', 'not a digest');
  if (size === undefined) throw fields.wrong('size', 'missing');
  return {
    mediaType: fields.string('mediaType') ?? '',
    digest,
    size,
    ...(platform && { platform: readPlatform(platform) }),
    ...(annotations && { annotations }),
    ...(urls && { urls }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

/** In the field order of the Go type, so that what is written again stays the same. */
export function descriptorJson(descriptor: Descriptor): GoJson {
  const { mediaType, digest, size, urls, annotations, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    urls,
    annotations: annotations && sortedMap(annotations),
    platform: platform && {
      architecture: platform.architecture,
      os: platform.os,
      'os.version': platform.osVersion,
      'os.features': platform.osFeatures,
      variant: platform.variant,
    },
    artifactType,
  };
}
