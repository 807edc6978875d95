import type { FileHandle } from 'node:fs/promises';
import { readChunks } from '../base/streams.ts';
import { documentLimit } from '../oci/strict-json.ts';
import { digestHex } from '../oci/digest.ts';
import type { ArchiveSource, ArrivedLayer, WantedLayer } from './archive-source.ts';
import { invalidArchive, missingMember } from './archive-error.ts';
import { createLimiter } from '../base/limiter.ts';
import { followLinks, memberNameOf } from './member-name.ts';
import { type Member, readMemberTable } from './member-table.ts';
import type { ArchiveDeps, ArchiveOptions } from './ports.ts';
import { receiveLayer } from './receive-layer.ts';

/** How many layers are read at the same time: enough to keep decompression, hashing and the disk busy together. */
const concurrency = 3;

/** Gives what a random-access archive holds, and how to read it. */
export interface MemberFinder {
  find(name: string): Promise<(Member & { readonly file: FileHandle }) | undefined>;
}

/** An archive in which one can seek: documents first, then of the layers only those that are not here yet. */
export function createSeekableSource(
  finder: MemberFinder,
  deps: Pick<ArchiveDeps, 'layers' | 'blobs'>,
  { onProgress }: ArchiveOptions,
): ArchiveSource {
  const limit = createLimiter(concurrency);
  const staged = new AsyncDisposableStack();

  async function layer(wanted: WantedLayer, signal: AbortSignal): Promise<ArrivedLayer> {
    signal.throwIfAborted();
    const id = digestHex(wanted.diffId).slice(0, 12);
    const found = await finder.find(wanted.member);
    if (found === undefined) {
      if (!deps.layers.has(wanted.diffId)) throw missingMember(wanted.member);
      onProgress?.({ id, status: 'Already exists', current: 0 });
      return {};
    }
    const { file, offset, size } = found;
    const arrived = await receiveLayer(
      readChunks(file, { start: offset, length: size, lend: true }),
      size,
      wanted,
      {
        ...deps,
        signal,
        onProgress: (status, current) => onProgress?.({ id, status, current, total: size }),
      },
    );
    if (arrived.staged) staged.use(arrived.staged);
    return arrived;
  }

  return {
    async document(name) {
      const found = await finder.find(name);
      if (found === undefined) return undefined;
      if (found.size > documentLimit) throw invalidArchive(`${name} is larger than ${documentLimit} bytes`);
      const bytes = Buffer.alloc(found.size);
      const { bytesRead } = await found.file.read(bytes, 0, found.size, found.offset);
      return bytes.subarray(0, bytesRead);
    },
    layer: (wanted, { signal }) => limit(() => layer(wanted, signal)),
    [Symbol.asyncDispose]: () => staged.disposeAsync(),
  };
}

/** An uncompressed tar file. */
export async function createTarFileFinder(file: FileHandle, size: number): Promise<MemberFinder> {
  const { files, links } = await readMemberTable(file, size);
  return {
    async find(text) {
      const name = followLinks(links, memberNameOf(text));
      const member = name && files.get(name);
      return member && { ...member, file };
    },
  };
}
