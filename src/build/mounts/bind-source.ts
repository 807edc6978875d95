import { displayByteString } from '../../base/byte-string.ts';
import { LamellaError } from '../../base/errors.ts';
import type { LayerView } from '../../layers/layer-view.ts';
import type { LowerDirectory } from '../../layers/lower-view.ts';
import { chainIds } from '../../oci/chain-id.ts';
import type { Digest } from '../../oci/digest.ts';
import type { BuildRun } from '../build-run.ts';
import { patternSet } from '../context/patterns.ts';
import { copyContentKey, writeCopyLayer } from '../copy/copy-layer.ts';
import { planCopy, type PlannedFile } from '../copy/plan-copy.ts';
import type { LayersPart } from '../request.ts';
import { storeLayer } from '../steps/layer-step.ts';
import { filteredDirectory } from '../tree/filtered-directory.ts';
import { resolvePath, treeOf } from '../tree/find-entry.ts';
import { componentsOf, joinPath } from '../tree/paths.ts';

/** Files that a step sees, and what stands for their content in its key. */
export interface BindSource {
  readonly contentKey: string;
  /** Puts them where they can be mounted from. */
  open(): Promise<LayersPart>;
}

/**
 * A file or directory of the context. Nothing of this machine is mounted: what the step is to see is written into a layer
 * that no image gets, so symlinks in the context lead nowhere else, and nobody changes files while the step reads them.
 *
 * @throws LamellaError not-found `mount-source-not-found`
 */
export async function contextSource(run: BuildRun, source: string): Promise<BindSource> {
  const { context, signal } = run.request;
  using view = context.open();
  const contentKey = await copyContentKey(plannedFiles(filtered(view), source, rootOwner), { signal });
  return {
    contentKey,
    async open() {
      using again = context.open();
      const files = plannedFiles(filtered(again), source, rootOwner);
      // Their own times: make and its like compare them with those in a cache.
      const timeOf = (time = { seconds: run.epoch ?? 0, nanoseconds: 0 }): typeof time => time;
      const diffId = await storeLayer(run, writeCopyLayer(files, { timeOf, signal, lend: true }));
      return { diffIds: [diffId], source: place };
    },
  };

  function filtered(directory: LayerView): LowerDirectory {
    return filteredDirectory(directory, context.ignore);
  }
}

/** A file or directory of a stage or an image, mounted from its layers as they are. */
export async function layersSource(
  run: BuildRun,
  diffIds: readonly Digest[],
  source: string,
): Promise<BindSource> {
  using view = run.layers.openView(diffIds);
  const tree = treeOf(view);
  const parts = resolvePath(tree, componentsOf(source));
  const path = joinPath(parts);
  if (parts.length > 0 && tree.lookup(parts) === undefined) throw notFound(source);
  // To read a whole image takes longer than to do a step again.
  const contentKey =
    parts.length === 0
      ? (chainIds(diffIds).at(-1) ?? '')
      : await copyContentKey(plannedFiles(view, source), { signal: run.request.signal });
  return { contentKey, open: () => Promise.resolve({ diffIds, source: displayByteString(path) }) };
}

const place = 'mounted';
/** Of whatever comes from a context. */
const rootOwner = { uid: 0, gid: 0 };
const nothing: LowerDirectory = { lookup: () => undefined, names: () => [] };

function plannedFiles(
  from: LowerDirectory,
  source: string,
  owner?: { readonly uid: number; readonly gid: number },
): readonly PlannedFile[] {
  const { files } = planCopy({
    from,
    // A path and no pattern.
    sources: [source === '' ? '/' : source.replace(/[*?[\\]/g, String.raw`\$&`)],
    files: [],
    destination: `/${place}`,
    base: nothing,
    owner,
    chmod: undefined,
    excludes: patternSet([]),
    parents: false,
  });
  if (files.length === 0) throw notFound(source);
  return files;
}

function notFound(source: string): LamellaError {
  const path = displayByteString(joinPath(componentsOf(source)));
  return new LamellaError('not-found', `"/${path}": not found`, {
    code: 'mount-source-not-found',
    hint: 'Is it in the build context, and not left out by .dockerignore?',
  });
}
