import { type ContainerConfig, containerConfigJson, readContainerConfig } from './container-config.ts';
import { type Digest, isDigest } from './digest.ts';
import { formatGoJson, type GoJson } from './go-json.ts';
import { parseGoTime, zeroTime } from './go-time.ts';
import { type Fields, readFields } from './json-fields.ts';
import { maxLayers } from './manifest.ts';
import type { Platform } from './platform.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * What an image is (OCI Image Specification, config.md), with the fields that Docker adds. The digest of its bytes is
 * the image's ID: whoever stores a config that came from elsewhere keeps those bytes and never writes them anew.
 */
export interface ImageConfig extends Platform {
  /** RFC 3339, as it was stated. */
  readonly created?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly config?: ContainerConfig;
  /** Docker: the container that the image was committed from, and how that was configured. */
  readonly container?: string;
  readonly containerConfig?: ContainerConfig;
  readonly dockerVersion?: string;
  /** The layers, bottom first. */
  readonly diffIds: readonly Digest[];
  readonly history?: readonly HistoryEntry[];
}

/** One step in the making of an image; those that are not an empty layer go with the layers in their order. */
export interface HistoryEntry {
  readonly created?: string;
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly emptyLayer?: boolean;
}

const names = [
  'architecture',
  'os',
  'variant',
  'created',
  'author',
  'comment',
  'config',
  'container_config',
  'docker_version',
  'history',
  'rootfs',
];

/**
 * Parses a config that came from anywhere. Nothing in it is taken for granted: each field has its type or is refused.
 *
 * @throws LamellaError invalid `document-invalid` or `json-invalid`
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const fields = readFields(parseStrictJson(bytes), 'image config', names);
  const config = fields.object('config');
  const containerConfig = fields.object('container_config');
  const history = fields.objects('history');
  const osFeatures = fields.strings('os.features');
  return {
    architecture: fields.string('architecture') ?? '',
    os: fields.string('os') ?? '',
    ...optional('variant', fields.string('variant')),
    ...optional('osVersion', fields.string('os.version')),
    ...optional('osFeatures', osFeatures),
    ...optional('created', readTime(fields)),
    ...optional('author', fields.string('author')),
    ...optional('comment', fields.string('comment')),
    ...optional('config', config && readContainerConfig(config)),
    ...optional('container', fields.string('container')),
    ...optional('containerConfig', containerConfig && readContainerConfig(containerConfig)),
    ...optional('dockerVersion', fields.string('docker_version')),
    diffIds: readDiffIds(fields),
    ...optional('history', history?.map(readHistoryEntry)),
  };
}

/** Makes the bytes of a new config, as Docker writes them: the same config always gives the same bytes. */
export function formatImageConfig(image: ImageConfig): Buffer {
  return Buffer.from(
    formatGoJson({
      architecture: image.architecture,
      author: image.author || undefined,
      comment: image.comment || undefined,
      config: image.config && containerConfigJson(image.config),
      container: image.container || undefined,
      container_config: image.containerConfig && containerConfigJson(image.containerConfig),
      created: image.created ?? zeroTime,
      docker_version: image.dockerVersion || undefined,
      history: image.history?.map(historyEntryJson),
      os: image.os,
      'os.features': image.osFeatures,
      'os.version': image.osVersion || undefined,
      rootfs: { type: 'layers', diff_ids: image.diffIds },
      variant: image.variant || undefined,
    }),
  );
}

function readDiffIds(fields: Fields): Digest[] {
  const rootfs = fields.object('rootfs');
  if (rootfs === undefined) throw fields.wrong('rootfs', 'missing');
  const type = rootfs.string('type');
  if (type !== undefined && type !== 'layers') throw rootfs.wrong('type', 'not "layers"');
  const diffIds = rootfs.strings('diff_ids') ?? [];
  if (diffIds.length > maxLayers) throw rootfs.wrong('diff_ids', `more than ${maxLayers}`);
  return diffIds.map((text) => {
    if (!isDigest(text)) throw rootfs.wrong('diff_ids', 'not a digest');
    return text;
  });
}

function readHistoryEntry(fields: Fields): HistoryEntry {
  return {
    ...optional('created', readTime(fields)),
    ...optional('createdBy', fields.string('created_by')),
    ...optional('author', fields.string('author')),
    ...optional('comment', fields.string('comment')),
    ...optional('emptyLayer', fields.boolean('empty_layer')),
  };
}

function historyEntryJson(entry: HistoryEntry): GoJson {
  return {
    created: entry.created,
    created_by: entry.createdBy || undefined,
    author: entry.author || undefined,
    comment: entry.comment || undefined,
    empty_layer: entry.emptyLayer || undefined,
  };
}

function readTime(fields: Fields): string | undefined {
  const text = fields.string('created');
  if (text === undefined || text === '') return undefined;
  try {
    parseGoTime(text);
  } catch {
    throw fields.wrong('created', 'not a time');
  }
  return text;
}

function optional<K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: T });
}
