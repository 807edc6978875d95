import { createHash } from 'node:crypto';
import { displayByteString, type ByteString } from '../../base/byte-string.ts';
import type { ByteStream } from '../../base/streams.ts';
import { isKeptXattr } from '../../layers/kept-xattr.ts';
import type { LowerEntry } from '../../layers/lower-view.ts';
import { createPacker } from '../../layers/packer.ts';
import { unpackedType } from './member-type.ts';
import type { TarTime } from '../../tar/entry.ts';
import { formatTarHeader, tarPadding, tarTrailer, type TarMember } from '../../tar/writer.ts';
import type { PlannedFile } from './plan-copy.ts';

export interface CopyLayerOptions {
  /** What time a file gets, by the time that it has; undefined for one without a source. */
  readonly timeOf: (time: TarTime | undefined) => TarTime;
  readonly signal?: AbortSignal | undefined;
  /** A piece is good only until the next is asked for. */
  readonly lend?: boolean;
  /** Members that come after the files: of archives that are unpacked. */
  readonly archives?: ByteStream;
}

const piece = 1 << 20;

/** The layer of a COPY, straight from its sources: nothing is mounted and nothing unpacked. The same files give the same bytes. */
export async function* writeCopyLayer(
  files: readonly PlannedFile[],
  { timeOf, signal, lend = false, archives }: CopyLayerOptions,
): ByteStream {
  const packer = createPacker({ lend });
  const links = new Map<string, ByteString>();
  for (const file of files) {
    signal?.throwIfAborted();
    const { content } = file;
    const entry = file.entry?.();
    const identity = entry?.identity;
    const first = identity === undefined ? undefined : links.get(identity);
    const common = { ...metadata(file), mtime: timeOf(entry?.status.mtime) };
    if (first !== undefined) {
      packer.add(formatTarHeader({ type: 'hardlink', linkPath: first, ...common }));
    } else {
      if (identity !== undefined) links.set(identity, file.path);
      const size = content?.byteLength ?? sizeOf(entry);
      packer.add(formatTarHeader({ ...describe(file, entry), ...common, size }));
      if (content !== undefined) packer.add(content);
      else if (entry !== undefined) {
        for (let at = 0; at < size; at += piece) {
          packer.fill(Math.min(piece, size - at), (room) => fillFrom(entry, at, room));
          yield* packer.full();
        }
      }
      packer.add(tarPadding(size));
    }
    yield* packer.full();
  }
  if (archives !== undefined) {
    for await (const bytes of archives) {
      packer.add(bytes);
      yield* packer.full();
    }
  }
  packer.add(tarTrailer);
  yield* packer.rest();
}

/** Stands for all that a COPY's layer would hold but its times: `sha256:<hex>`. */
export async function copyContentKey(
  files: readonly PlannedFile[],
  options: Omit<CopyLayerOptions, 'timeOf' | 'lend'>,
): Promise<string> {
  const hash = createHash('sha256');
  const timeOf = (): TarTime => ({ seconds: 0, nanoseconds: 0 });
  for await (const bytes of writeCopyLayer(files, { ...options, timeOf, lend: true })) hash.update(bytes);
  return `sha256:${hash.digest('hex')}`;
}

/** A file that shrinks while it is read is filled with zeros: the archive stays one. */
function fillFrom(entry: LowerEntry, at: number, room: Buffer): void {
  const bytes = entry.read(at, room.byteLength);
  room.set(bytes);
  room.fill(0, bytes.byteLength);
}

function sizeOf(entry: LowerEntry | undefined): number {
  return entry !== undefined && unpackedType(entry.status.mode) === 'file' ? entry.status.size : 0;
}

function metadata({ path, mode, uid, gid }: PlannedFile): Omit<TarMember, 'type'> {
  return { path, mode: mode & 0o7777, uid, gid };
}

function describe(
  { mode, path }: PlannedFile,
  entry: LowerEntry | undefined,
): Pick<TarMember, 'type' | 'linkPath' | 'devMajor' | 'devMinor' | 'xattrs' | 'path'> {
  const type = unpackedType(mode);
  if (type === undefined) throw new Error(`/${displayByteString(path)} is of no type that a layer can hold`);
  return {
    path,
    type,
    ...(type === 'symlink' && entry !== undefined ? { linkPath: entry.readlink() } : {}),
    ...(type === 'char' || type === 'block'
      ? { devMajor: entry?.status.rdev.major ?? 0, devMinor: entry?.status.rdev.minor ?? 0 }
      : {}),
    xattrs:
      entry === undefined ? new Map() : new Map([...entry.xattrs()].filter(([name]) => isKeptXattr(name))),
  };
}
