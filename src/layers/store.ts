import { readChunks, type ByteStream } from '../base/streams.ts';
import { open } from 'node:fs/promises';
import { LamellaError } from '../base/errors.ts';
import type { BlobWriter, Collected } from '../blobs/blob-store.ts';
import type { Database } from '../db/database.ts';
import { rememberDamage } from '../db/damage.ts';
import type { Digest } from '../oci/digest.ts';
import { collectLayers } from './collect-layers.ts';
import type { WritebackGate } from './file-sink.ts';
import type { Layer, LayerDamage, StagedLayer } from './layer.ts';
import { openLayerView, type LayerView } from './layer-view.ts';
import { layerPaths, type LayerPaths } from './layer-paths.ts';
import { openLayer, type OpenLayer } from './open-layer.ts';
import { checkedTar } from './checked-tar.ts';
import { findLayer, hasSoundLayer, listLayers, publishLayers, removeTrash } from './publish-layer.ts';
import { rebuildLayer } from './rebuild-layer.ts';
import { stageLayer, type StageOptions } from './stage-layer.ts';
import { verifyLayer, type VerifyOptions } from './verify-layer.ts';

/**
 * Layers by their diffID. Two steps make one: staging reads bytes from anywhere and leaves a complete, verified layer
 * without a name; publishing names it, in a moment.
 *
 *     using lease = createLease(db);
 *     await using staged = await layers.stage(bytes, { expected: { diffId } });
 *     lease.add(staged.diffId);
 *     const layer = layers.publish(staged);
 *
 * All layers of an image may be staged at the same time; memory does not grow with their size. Hold a lease
 * (db/leases.ts) until an image names them.
 */
export interface LayerStore {
  /**
   * @throws LamellaError corrupt `diff-id-mismatch`; invalid `digest-mismatch`, `size-mismatch`; no-space `no-space`;
   *   cancelled `cancelled`; what the tar and the layer tree refuse (tar/scanner.ts, erofs/layer-tree.ts). Nothing is left.
   */
  stage(bytes: ByteStream, options?: StageOptions): Promise<StagedLayer>;
  /** Names a staged layer. One that the store has already stays as it is, unless it is known to be damaged, or with `replace`. */
  publish(staged: StagedLayer, options?: { replace?: boolean }): Layer;
  /** Several at once, for the cost of one. */
  publishAll(staged: readonly StagedLayer[], options?: { replace?: boolean }): Layer[];
  get(diffId: Digest): Layer | undefined;
  /** Whether it is here and, as far as is known, undamaged. What is not need only be staged and published again. */
  has(diffId: Digest): boolean;
  list(): Layer[];
  paths(diffId: Digest): LayerPaths;
  tarPath(diffId: Digest): string;
  /**
   * Bytes of the tar; `lend` as in {@link readChunks}. All of them, by default, are checked while they flow: they were the
   * right ones when the stream ends without an error.
   *
   * @throws LamellaError not-found `layer-unknown`, corrupt `layer-corrupt`
   */
  openTar(diffId: Digest, range?: { start?: number; length?: number; lend?: boolean }): ByteStream;
  /** Looks inside without mounting. @throws LamellaError not-found `layer-unknown` */
  openLayer(diffId: Digest): OpenLayer;
  /** Several layers as one tree, the bottom one first: what a container's changes are measured against. */
  openView(diffIds: readonly Digest[], options?: { init?: string }): LayerView;
  /**
   * Hashes the tar, makes the index anew and compares, and compares the unpacked tree where there is one. Nothing found
   * is an empty list; otherwise the files that are hit, as far as the damage leaves that to be known. The store remembers
   * it: a damaged layer is one that it does not have ({@link has}).
   */
  verify(diffId: Digest, options?: VerifyOptions): Promise<LayerDamage[]>;
  /**
   * Makes index and checksums anew from the tar, and drops the unpacked tree, which no container may be using.
   *
   * @throws LamellaError corrupt where the tar itself is damaged
   */
  rebuild(diffId: Digest, options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Removes what no row names, and what dead processes left. */
  collect(): Promise<Collected>;
}

export interface LayerStoreDeps {
  readonly root: string;
  readonly db: Database;
  /** Where compressed forms are kept. */
  readonly blobs: BlobWriter;
}

export function createLayerStore(deps: LayerStoreDeps): LayerStore {
  const { root, db } = deps;
  const gate: WritebackGate = { busy: false };

  function known(diffId: Digest): Layer {
    const layer = findLayer(db, diffId);
    if (layer !== undefined) return layer;
    throw new LamellaError('not-found', `layer does not exist: ${diffId}`, { code: 'layer-unknown' });
  }

  function publishAll(staged: readonly StagedLayer[], options?: { replace?: boolean }): Layer[] {
    const { layers, trash } = publishLayers(deps, staged, options);
    void removeTrash(trash);
    // What cannot be removed now, the next collection removes.
    for (const layer of staged) layer[Symbol.asyncDispose]().then(undefined, () => {});
    return layers;
  }

  async function* openTar(
    diffId: Digest,
    range?: { start?: number; length?: number; lend?: boolean },
  ): ByteStream {
    known(diffId);
    const paths = layerPaths(root, diffId);
    if (range?.start === undefined && range?.length === undefined) {
      const onDamage = (): void => rememberDamage(db, { table: 'layers', digest: diffId, isDamaged: true });
      yield* checkedTar(paths, diffId, { lend: range?.lend ?? false, onDamage });
      return;
    }
    await using file = await open(paths.tar, 'r');
    yield* readChunks(file, range);
  }

  async function verify(diffId: Digest, options: VerifyOptions = {}): Promise<LayerDamage[]> {
    const damage = await verifyLayer(layerPaths(root, known(diffId).diffId), diffId, options);
    rememberDamage(db, { table: 'layers', digest: diffId, isDamaged: damage.length > 0 });
    return damage;
  }

  return {
    stage: (bytes, options = {}) => stageLayer(bytes, options, { root, blobs: deps.blobs, gate }),
    publish(staged, options) {
      const [layer] = publishAll([staged], options);
      if (layer === undefined) throw new Error(`published layer ${staged.diffId} has no row`);
      return layer;
    },
    publishAll,
    get: (diffId) => findLayer(db, diffId),
    has: (diffId) => hasSoundLayer(deps, diffId),
    list: () => listLayers(db),
    paths: (diffId) => layerPaths(root, diffId),
    tarPath: (diffId) => layerPaths(root, diffId).tar,
    openTar,
    openLayer: (diffId) => openLayer(layerPaths(root, known(diffId).diffId)),
    openView: (diffIds, options) =>
      openLayerView(
        root,
        diffIds.map((diffId) => known(diffId).diffId),
        options,
      ),
    verify,
    rebuild: (diffId, options = {}) =>
      rebuildLayer(layerPaths(root, known(diffId).diffId), diffId, { ...options, root }),
    collect: () => collectLayers(deps),
  };
}
