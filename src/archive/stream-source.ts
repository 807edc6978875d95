import type { ByteString } from '../base/byte-string.ts';
import { displayByteString } from '../base/byte-string.ts';
import { type ByteStream, collectBytes, tap } from '../base/streams.ts';
import { type Digest, Digester, isDigest } from '../oci/digest.ts';
import { documentLimit } from '../oci/strict-json.ts';
import type { StagedLayer } from '../layers/layer.ts';
import { detectCompression } from '../tar/compression.ts';
import { readTar } from '../tar/read-tar.ts';
import type { ArchiveSource, ArrivedLayer, WantedLayer } from './archive-source.ts';
import { damagedMember, invalidArchive, missingMember } from './archive-error.ts';
import { followLinks, memberNameOf } from './member-name.ts';
import { createMemberTable } from './member-table.ts';
import type { ArchiveDeps, ArchiveOptions, ContentLease } from './ports.ts';

/** Most bytes of documents that are remembered: more than any archive has, less than any machine lacks. */
const documentsLimit = 64 << 20;
const headSize = 512;

/** What became of a member that looked like a layer. */
interface Candidate {
  readonly diffId: Digest;
  readonly blob: { readonly digest: Digest; readonly size: number };
  readonly staged?: StagedLayer;
}

/**
 * An archive that passes once and cannot be sought in. Which members are layers is only known when its documents have
 * been seen, and those often come last: whatever looks like a layer is staged as it passes, and what no image turns out
 * to need is dropped.
 */
export async function createStreamSource(
  stream: ByteStream,
  { layers }: Pick<ArchiveDeps, 'layers'>,
  lease: ContentLease,
  { signal, onProgress }: ArchiveOptions,
): Promise<ArchiveSource> {
  await using cleanup = new AsyncDisposableStack();
  const documents = new Map<ByteString, Buffer>();
  const candidates = new Map<ByteString, Candidate | { readonly error: unknown }>();
  const table = createMemberTable();
  let documentBytes = 0;

  for await (const { entry, content } of readTar(stream)) {
    signal?.throwIfAborted();
    const name = table.add(entry, entry.dataOffset);
    documents.delete(name);
    candidates.delete(name);
    if (!table.files.has(name)) continue;
    // What breaks the archive itself is told from what is wrong with one of its layers.
    const guarded = guard(content);
    const { head, whole } = await peek(guarded.content);
    if (isDocument(head) && entry.size <= documentLimit) {
      documentBytes += entry.size;
      if (documentBytes > documentsLimit)
        throw invalidArchive(`its documents are larger than ${documentsLimit} bytes`);
      documents.set(name, await collectBytes(whole, documentLimit));
    } else if (isLayer(name, head)) {
      try {
        const candidate = await receive(name, head, whole, entry.size);
        if (candidate.staged) cleanup.use(candidate.staged);
        candidates.set(name, candidate);
      } catch (error) {
        signal?.throwIfAborted();
        if (guarded.failure()) throw error;
        // It only matters if an image needs it.
        candidates.set(name, { error });
      }
    }
  }

  async function receive(
    name: ByteString,
    head: Buffer,
    bytes: ByteStream,
    total: number,
  ): Promise<Candidate> {
    const hex = /[0-9a-f]{64}/.exec(name)?.[0] ?? '';
    const claimed = `sha256:${hex}`;
    const id = hex === '' ? displayByteString(name).slice(0, 12) : hex.slice(0, 12);
    const isBlob = name.startsWith('blobs/');
    if (detectCompression(head) === 'none' && isDigest(claimed)) {
      lease.add(claimed);
      if (layers.has(claimed)) {
        const found = await hash(bytes);
        onProgress?.({ id, status: 'Already exists', current: total, total });
        return { diffId: found.digest, blob: found };
      }
    }
    onProgress?.({ id, status: 'Loading layer', current: 0, total });
    const staged = await layers.stage(bytes, {
      keepCompressed: isBlob,
      expected: isBlob && isDigest(claimed) ? { blob: { digest: claimed, size: total } } : {},
      signal,
      onProgress: (current) => onProgress?.({ id, status: 'Loading layer', current, total }),
    });
    lease.add(staged.diffId, staged.blob.digest);
    return { diffId: staged.diffId, blob: staged.blob, staged };
  }

  async function layer({ member, diffId, blob }: WantedLayer): Promise<ArrivedLayer> {
    const name = followLinks(table.links, memberNameOf(member));
    const candidate = name && candidates.get(name);
    if (candidate === undefined) {
      if (layers.has(diffId)) return {};
      throw missingMember(member);
    }
    if ('error' in candidate) throw candidate.error;
    if (candidate.diffId !== diffId) {
      throw damagedMember(member, `invalid diffID: expected "${diffId}", got "${candidate.diffId}"`);
    }
    if (blob && (blob.digest !== candidate.blob.digest || blob.size !== candidate.blob.size)) {
      throw damagedMember(member, `it is not the blob ${blob.digest} of ${blob.size} bytes`);
    }
    return candidate.staged ? { staged: candidate.staged } : {};
  }

  const owned = cleanup.move();
  return {
    async document(text) {
      const name = followLinks(table.links, memberNameOf(text));
      const bytes = name && documents.get(name);
      const size = name && table.files.get(name)?.size;
      if (bytes === undefined && size && size > documentLimit) {
        throw invalidArchive(`${text} is larger than ${documentLimit} bytes`);
      }
      return bytes || undefined;
    },
    layer: (wanted) => layer(wanted),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Manifests, indexes, configs. */
function isDocument(head: Buffer): boolean {
  return /^\s*[{[]/.test(head.toString('latin1', 0, 64)) && !isTar(head);
}

/**
 * A root file system that was given by mistake has compressed files, too, which are not worth staging: layers lie at
 * most two folders deep.
 */
function isLayer(name: string, head: Buffer): boolean {
  if (name.split('/').length > 3) return false;
  const isEmptyTar = head.byteLength === headSize && head.every((byte) => byte === 0);
  return isTar(head) || isEmptyTar || detectCompression(head) !== 'none' || /(?:^|[./])tar$/.test(name);
}

function isTar(head: Buffer): boolean {
  return head.toString('latin1', 257, 262) === 'ustar';
}

function guard(stream: ByteStream): { content: ByteStream; failure(): boolean } {
  let failed = false;
  async function* content(): ByteStream {
    try {
      yield* stream;
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  return { content: content(), failure: () => failed };
}

async function peek(content: ByteStream): Promise<{ head: Buffer; whole: ByteStream }> {
  const reader = content[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size < headSize) {
    const next = await reader.next();
    if (next.done === true) break;
    pieces.push(next.value);
    size += next.value.byteLength;
  }
  const head = Buffer.concat(pieces).subarray(0, headSize);
  async function* whole(): ByteStream {
    yield* pieces;
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) yield next.value;
  }
  return { head, whole: whole() };
}

async function hash(bytes: ByteStream): Promise<{ digest: Digest; size: number }> {
  const digester = new Digester();
  for await (const _ of tap(bytes, (piece) => digester.update(piece)));
  const { size } = digester;
  return { digest: digester.digest(), size };
}
