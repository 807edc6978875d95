import { isLamellaError } from '../../base/errors.ts';
import type { LayerForm, PushMemory } from '../../images/push-memory.ts';
import { type Digest, digestOf } from '../../oci/digest.ts';
import type { RepositoryClient } from '../client/repository.ts';
import { type FormChoice, knownForms, type PushedLayer } from './push-layer.ts';
import type { PushManifest } from './push-manifest.ts';

interface FindPushedDeps extends FormChoice {
  readonly repository: RepositoryClient;
  readonly memory: PushMemory;
}

interface ImageToFind {
  readonly id: Digest;
  readonly tag: string;
  readonly layers: readonly PushedLayer[];
  /** What is sent when the layers have these forms. */
  readonly manifestOf: (forms: readonly LayerForm[]) => PushManifest;
}

/**
 * One question instead of one for each blob: whether the tag stands already for the very manifest that would be sent. A
 * registry that has a manifest has all that it names. Asked only where this image was pushed to, or pulled from, before.
 */
export async function findPushed(
  deps: FindPushedDeps,
  { id, tag, layers, manifestOf }: ImageToFind,
  signal: AbortSignal | undefined,
): Promise<{ digest: Digest; size: number } | undefined> {
  const { repository, memory } = deps;
  const before = memory.digestsIn(id, repository);
  if (before.length === 0 || layers.some(({ kept }) => (kept?.urls?.length ?? 0) > 0)) return undefined;
  const forms = layers.flatMap(({ diffId, kept }) => kept ?? knownForms(deps, diffId).slice(0, 1));
  if (forms.length !== layers.length) return undefined;
  const { bytes } = manifestOf(forms);
  const digest = digestOf(bytes);
  if (!before.includes(digest)) return undefined;
  try {
    const there = await repository.resolve(tag, { signal });
    return there?.digest === digest ? { digest, size: bytes.byteLength } : undefined;
  } catch (error) {
    // What is wrong shows again, and is told, when the blobs are asked for.
    if (!isLamellaError(error) || error.kind === 'cancelled') throw error;
    return undefined;
  }
}
