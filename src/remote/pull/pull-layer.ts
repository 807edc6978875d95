import { link, rm } from 'node:fs/promises';
import { isLamellaError, LamellaError } from '../../base/errors.ts';
import { type ByteStream, tap } from '../../base/streams.ts';
import { Digester, digestAlgorithm } from '../../oci/digest.ts';
import type { PushMemory } from '../../images/push-memory.ts';
import type { RepositoryClient } from '../client/repository.ts';
import type { Downloads } from '../download/downloads.ts';
import { fillBlob } from '../download/fill-blob.ts';
import type { PartialBlob } from '../download/partial-blob.ts';
import type { ContentLease, RemoteDeps } from '../ports.ts';
import type { RemoteLayer } from './plan-pull.ts';

export interface PullLayerDeps extends Pick<PullDeps, 'layers' | 'blobs' | 'memory'> {
  readonly repository: RepositoryClient;
  readonly downloads: Downloads;
  readonly lease: ContentLease;
  readonly signal: AbortSignal;
  /** Tells how far the layer is, in Docker's words. */
  readonly onProgress: (status: string, current?: number, total?: number) => void;
}

/** What a pull needs of the store. */
export interface PullDeps extends RemoteDeps {
  /** Knows which compressed forms are proven to be a layer's. */
  readonly memory: Pick<PushMemory, 'forms' | 'diffIds'>;
}

/** How often wrong bytes are fetched anew, from another server where there is one. */
const mostAttempts = 3;

/**
 * Brings one layer into the store. Unpacking begins with the first byte; the layer is published once its compressed
 * digest and its diffID are right. The compressed bytes stay among the downloads until {@link adoptLayer}, when the image is
 * certain: whoever dies before then leaves them to the next pull.
 *
 * @returns whether it was seen that these compressed bytes are that layer; of a layer that is here already nobody knows
 * @throws LamellaError corrupt `digest-mismatch` (Docker's words), `diff-id-mismatch`; what fetching and staging raise
 */
export async function pullLayer(deps: PullLayerDeps, layer: RemoteLayer): Promise<boolean> {
  const { blobs, downloads, signal, onProgress } = deps;
  const { digest, size } = layer.descriptor;
  // Another pull may just bring the same layer: it is not fetched twice.
  await using _ = await downloads.lock(digest, { signal });
  if (await isHere(deps, layer)) {
    onProgress('Already exists');
    return false;
  }
  if (blobs.has(digest)) {
    await publish(deps, layer, await blobs.get(digest));
    onProgress('Pull complete');
    return true;
  }
  for (let attempt = 1; ; attempt += 1) {
    await using blob = await downloads.open(digest, size);
    if ((await fetchLayer(deps, layer, blob)) === 'published') {
      onProgress('Pull complete');
      return true;
    }
    await blob.discard();
    if (attempt === mostAttempts) throw wrongContent(layer);
  }
}

/**
 * Whether there is nothing to do. Of a pull that died the compressed bytes may be here, and not yet known to be the
 * layer's: then it is brought in again, from those.
 */
export async function isHere(
  { layers, blobs, memory, downloads }: Pick<PullLayerDeps, 'layers' | 'blobs' | 'memory' | 'downloads'>,
  { diffId, descriptor: { digest } }: RemoteLayer,
): Promise<boolean> {
  if (!layers.has(diffId)) return false;
  const isProven = digest === diffId || memory.forms(diffId).some((form) => form.digest === digest);
  return isProven || (!blobs.has(digest) && (await downloads.findVerified(digest)) === undefined);
}

/**
 * Makes the compressed form of a layer that was pulled a blob of the store, so that a push can send the same bytes. It
 * stays among the downloads, too, as another name of the same file: whoever dies now goes on from there.
 *
 * @returns the path of that, to be removed when the image is there; none where nothing was fetched
 */
export async function adoptLayer(
  { blobs, downloads, signal }: Pick<PullLayerDeps, 'blobs' | 'downloads' | 'signal'>,
  { descriptor: { digest, size } }: RemoteLayer,
): Promise<string[]> {
  if ((await downloads.findVerified(digest)) === undefined) return [];
  await using _ = await downloads.lock(digest, { signal });
  const path = await downloads.findVerified(digest);
  if (path === undefined) return [];
  const second = `${path}.blob`;
  await rm(second, { force: true });
  await link(path, second);
  await blobs.adopt(second, { digest, size });
  return [path];
}

async function fetchLayer(
  deps: PullLayerDeps,
  layer: RemoteLayer,
  blob: PartialBlob,
): Promise<'published' | 'wrong'> {
  const { repository, onProgress } = deps;
  const { descriptor } = layer;
  const { size } = descriptor;
  const abort = new AbortController();
  const signal = AbortSignal.any([deps.signal, abort.signal]);
  const before = blob.record.received;
  onProgress('Downloading', before, size);
  let isComplete = false;
  const filling = fillBlob(blob, {
    fetch: ({ start, end }, signal) => repository.blob(descriptor, { start, end, signal }),
    signal,
    onProgress: (received) => onProgress('Downloading', received, size),
  }).then(
    (sources) => {
      isComplete = true;
      onProgress('Verifying Checksum');
      onProgress('Download complete');
      return sources;
    },
    (error: unknown) => {
      blob.fail(error);
      throw error;
    },
  );
  // Looked at below, in any case.
  filling.catch(() => {});
  let taken = 0;
  const watched = tap(blob.read(), ({ byteLength }) => {
    taken += byteLength;
    if (isComplete) onProgress('Extracting', taken, size);
  });
  try {
    // A layer that came uncompressed is those bytes already.
    const isCopy = descriptor.digest === layer.diffId;
    await publish({ ...deps, signal }, layer, watched, async () => (isCopy ? undefined : blob.finish()));
    if (isCopy) await blob.discard();
    return 'published';
  } catch (error) {
    if (deps.signal.aborted || isLamellaError(error, 'no-space')) {
      abort.abort(error);
      await filling.catch(() => {});
      // A full disk is to be as empty as it was before.
      if (!deps.signal.aborted) await blob.discard();
      throw error;
    }
    // Wrong bytes show themselves as anything: as no gzip, as no tar. Whether they are wrong, only their digest says.
    const sources = await filling;
    if (await isRight(blob, layer)) {
      await blob.discard();
      throw error;
    }
    // Where an earlier process has left some of the bytes, those may be what is wrong: no server is to blame yet.
    if (before === 0) for (const source of sources) source.reject(`wrong content for ${descriptor.digest}`);
    return 'wrong';
  }
}

async function publish(
  { layers, lease, signal }: PullLayerDeps,
  { descriptor, diffId }: RemoteLayer,
  bytes: ByteStream,
  beforeNaming: () => Promise<void> = async () => {},
): Promise<void> {
  // How it is compressed its bytes say: media types are wrong now and then.
  const staged = await layers.stage(bytes, {
    expected: { diffId, blob: { digest: descriptor.digest, size: descriptor.size } },
    signal,
  });
  try {
    await beforeNaming();
  } catch (error) {
    await staged[Symbol.asyncDispose]();
    throw error;
  }
  lease.add(staged.diffId);
  layers.publishAll([staged]);
}

async function isRight(blob: PartialBlob, { descriptor }: RemoteLayer): Promise<boolean> {
  const digester = new Digester(digestAlgorithm(descriptor.digest));
  for await (const piece of blob.read()) digester.update(piece);
  return digester.digest() === descriptor.digest;
}

function wrongContent({ descriptor }: RemoteLayer): LamellaError {
  return new LamellaError('corrupt', `filesystem layer verification failed for digest ${descriptor.digest}`, {
    code: 'digest-mismatch',
    hint: 'No server of this registry has the right content; ask whoever runs it.',
  });
}
