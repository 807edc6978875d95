import { readFields } from '../oci/json-fields.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { invalidArchive } from './archive-error.ts';

/** One image of Docker's `manifest.json`. */
export interface DockerImage {
  /** Names in the archive. */
  readonly config: string;
  readonly layers: readonly string[];
  /** `ubuntu:14.04` */
  readonly repoTags: readonly string[];
  readonly parent?: Digest;
}

/** @throws LamellaError invalid `document-invalid`, `json-invalid` or `archive-invalid` */
export function parseDockerManifest(bytes: Uint8Array): DockerImage[] {
  const document = parseStrictJson(bytes);
  if (!Array.isArray(document)) throw invalidArchive('manifest.json is not an array');
  return document.map((item) => {
    const fields = readFields(item, 'manifest.json', ['Config', 'RepoTags', 'Layers', 'Parent']);
    const config = fields.string('Config');
    const parent = fields.string('Parent') ?? '';
    if (config === undefined || config === '') throw fields.wrong('Config', 'missing');
    return {
      config,
      layers: fields.strings('Layers') ?? [],
      repoTags: fields.strings('RepoTags') ?? [],
      ...(isDigest(parent) && { parent }),
    };
  });
}
