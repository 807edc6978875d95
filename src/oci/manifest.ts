import { LamellaError } from '../base/errors.ts';
import { type Descriptor, descriptorJson, readDescriptor } from './descriptor.ts';
import { formatGoJson, sortedMap } from './go-json.ts';
import { readFields } from './json-fields.ts';
import { isIndexMediaType, isManifestMediaType, mediaTypes } from './media-types.ts';
import { parseStrictJson } from './strict-json.ts';

/** An image for one platform (OCI Image Specification, manifest.md; Docker's schema 2 has the same form). */
export interface ImageManifest {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One image for several platforms (image-index.md), Docker's manifest list. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** More than any image in use; Docker stops at 127. */
export const maxLayers = 1024;

/**
 * Parses a manifest or an index. A document that could pass for both is refused (CVE-2021-41190), as is one whose own
 * media type is not the one it was announced with.
 *
 * @param options.mediaType what a descriptor or a Content-Type header said, if anything did
 * @throws LamellaError invalid `document-invalid` or `json-invalid`, unsupported `manifest-unsupported`
 */
export function parseManifest(
  bytes: Uint8Array,
  { mediaType: announced }: { mediaType?: string } = {},
): ImageManifest | ImageIndex {
  const fields = readFields(parseStrictJson(bytes), 'manifest', [
    'schemaVersion',
    'mediaType',
    'config',
    'layers',
    'manifests',
    'fsLayers',
    'subject',
  ]);
  const version = fields.integer('schemaVersion');
  if (version === 1 || fields.has('fsLayers')) {
    throw unsupported('manifest schema 1 is not supported: it has been deprecated since 2017');
  }
  if (version !== 2) throw fields.wrong('schemaVersion', 'not 2');

  const stated = fields.string('mediaType');
  const known = announced !== undefined && (isManifestMediaType(announced) || isIndexMediaType(announced));
  if (stated !== undefined && stated !== '' && known && stated !== announced) {
    throw fields.wrong('mediaType', `${stated} was announced as ${announced}`);
  }
  const isManifest = fields.has('layers') || fields.has('config');
  const isIndex = fields.has('manifests');
  if (isManifest && isIndex)
    throw fields.wrong('manifests', 'in a document that has layers or config as well');
  const mediaType = stated || (known ? announced : isIndex ? mediaTypes.ociIndex : mediaTypes.ociManifest);
  const annotations = fields.stringMap('annotations');
  const subject = fields.object('subject');

  if (isIndex) {
    if (!isIndexMediaType(mediaType)) throw fields.wrong('mediaType', `${mediaType} has no manifests`);
    const manifests = fields.objects('manifests') ?? [];
    return {
      kind: 'index',
      mediaType,
      manifests: manifests.map(readDescriptor),
      ...(subject && { subject: readDescriptor(subject) }),
      ...(annotations && { annotations }),
    };
  }
  if (!isManifestMediaType(mediaType)) throw fields.wrong('mediaType', `${mediaType} is not supported`);
  const config = fields.object('config');
  if (config === undefined) throw fields.wrong('config', 'missing');
  const layers = fields.objects('layers') ?? [];
  if (layers.length > maxLayers) throw fields.wrong('layers', `more than ${maxLayers}`);
  const artifactType = fields.string('artifactType');
  return {
    kind: 'manifest',
    mediaType,
    config: readDescriptor(config),
    layers: layers.map(readDescriptor),
    ...(artifactType !== undefined && { artifactType }),
    ...(subject && { subject: readDescriptor(subject) }),
    ...(annotations && { annotations }),
  };
}

/** The exact bytes of a manifest or an index that is made here; the same content always gives the same bytes. */
export function formatManifest(document: ImageManifest | ImageIndex): Buffer {
  const annotations = document.annotations && sortedMap(document.annotations);
  const content =
    document.kind === 'index'
      ? {
          manifests: document.manifests.map(descriptorJson),
          subject: document.subject && descriptorJson(document.subject),
        }
      : {
          artifactType: document.artifactType,
          config: descriptorJson(document.config),
          layers: document.layers.map(descriptorJson),
          subject: document.subject && descriptorJson(document.subject),
        };
  return Buffer.from(
    formatGoJson({ schemaVersion: 2, mediaType: document.mediaType, ...content, annotations }),
  );
}

function unsupported(message: string): LamellaError {
  return new LamellaError('unsupported', message, { code: 'manifest-unsupported' });
}
