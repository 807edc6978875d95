import type { ByteString } from '../base/byte-string.ts';
import { blockSize, hasValidChecksum, isZeroBlock, paddingLength } from './block.ts';
import type { TarEntry } from './entry.ts';
import { buildEntry, type PendingEntry } from './build-entry.ts';
import { field, TarHeader, typeFlag } from './header.ts';
import { parsePaxRecords, type PaxRecord } from './pax.ts';
import { GlobalRecords } from './pax-global.ts';
import { addOldSparse, checkSparse, SparseMapReader, type SparseNumbers } from './sparse-map.ts';
import { ambiguousTar, badHeader, tarLimit, truncatedTar } from './tar-errors.ts';
import { LamellaError } from '../base/errors.ts';

/** Told of an archive's members as they pass. What a method throws comes out of {@link TarScanner.write}. */
export interface TarVisitor {
  entry(entry: TarEntry): void;
  /** A piece of the stored content of the entry just announced: a view of the chunk that was written, never a copy. */
  content?(bytes: Uint8Array): void;
  /** After the content of each entry, of an empty one too. */
  entryEnd?(): void;
}

export interface TarLimits {
  /** Most bytes of one pax header, GNU long name or sparse map, and of all global records together; 1 MiB by default. */
  readonly maxExtendedHeader?: number;
  /** Most members; no limit by default. */
  readonly maxEntries?: number;
  /** Most bytes of a path or link target; 4095 by default, which is what Linux takes. */
  readonly maxPath?: number;
}

/** What the bytes at hand are. */
type State =
  | 'header'
  | 'content'
  | 'skip'
  | 'payload'
  | 'sparse-map'
  | 'old-sparse'
  | 'second-zero'
  | 'ended';

/**
 * Reads a tar archive as it streams by, in chunks of any size: v7, ustar, pax, GNU and old GNU, sparse files in all four
 * forms. Keeps at most one header or map; content is handed through. Where GNU tar and the readers of Go and Python take
 * different members from the same bytes, the archive is refused.
 *
 * Errors are LamellaError: corrupt `tar-header-invalid` and `tar-truncated`; invalid `tar-ambiguous`,
 * `tar-header-too-large`, `tar-too-many-entries`, `tar-path-too-long`; unsupported `tar-unsupported`. After an error the
 * scanner is of no more use.
 */
export class TarScanner {
  readonly #visitor: TarVisitor;
  readonly #maxExtendedHeader: number;
  readonly #maxEntries: number;
  readonly #maxPath: number;
  readonly #block: Buffer = Buffer.allocUnsafeSlow(blockSize);
  readonly #global: GlobalRecords;

  #state: State = 'header';
  /** Bytes of the archive before the chunk at hand, and before the next byte to look at. */
  #bytesSeen = 0;
  #position = 0;
  /** Bytes of a block that a chunk's end has cut. */
  #partial = 0;
  /** Bytes that the present state still takes, and the padding behind them. */
  #left = 0;
  #padding = 0;
  #entries = 0;

  #payload: Buffer = this.#block;
  #payloadType = '';
  #pax: PaxRecord[] | undefined;
  #longName: ByteString | undefined;
  #longLink: ByteString | undefined;
  #pending: PendingEntry | undefined;
  #oldSparse: SparseNumbers = [];
  #map: SparseMapReader | undefined;

  constructor(visitor: TarVisitor, limits: TarLimits = {}) {
    this.#visitor = visitor;
    this.#maxExtendedHeader = limits.maxExtendedHeader ?? 1 << 20;
    this.#maxEntries = limits.maxEntries ?? Infinity;
    this.#maxPath = limits.maxPath ?? 4095;
    this.#global = new GlobalRecords(this.#maxExtendedHeader);
  }

  /** Bytes written so far. */
  get bytesSeen(): number {
    return this.#bytesSeen;
  }

  write(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const base = this.#bytesSeen;
    this.#bytesSeen += bytes.byteLength;
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#state === 'ended') return;
      at = this.#takesBlocks() ? this.#takeBlock(bytes, at, base) : this.#takeBytes(bytes, at, base);
    }
  }

  /** Call once after the last chunk. A missing trailer is accepted where a header could begin, as Docker does. */
  end(): void {
    if (this.#state === 'ended') return;
    if (this.#partial > 0) throw truncatedTar('a header');
    if (this.#state !== 'header' && this.#state !== 'second-zero') throw truncatedTar('a member');
    this.#refusePending();
  }

  #takesBlocks(): boolean {
    return this.#state !== 'content' && this.#state !== 'skip' && this.#state !== 'payload';
  }

  #takeBlock(bytes: Buffer, at: number, base: number): number {
    const needed = blockSize - this.#partial;
    const available = bytes.byteLength - at;
    if (available < needed) {
      bytes.copy(this.#block, this.#partial, at);
      this.#partial += available;
      return bytes.byteLength;
    }
    this.#position = base + at + needed;
    if (this.#partial === 0) {
      this.#onBlock(bytes.subarray(at, at + blockSize));
    } else {
      bytes.copy(this.#block, this.#partial, at, at + needed);
      this.#partial = 0;
      this.#onBlock(this.#block);
    }
    return at + needed;
  }

  #takeBytes(bytes: Buffer, at: number, base: number): number {
    const count = Math.min(this.#left, bytes.byteLength - at);
    this.#left -= count;
    this.#position = base + at + count;
    if (this.#state === 'content') this.#visitor.content?.(bytes.subarray(at, at + count));
    else if (this.#state === 'payload')
      bytes.copy(this.#payload, this.#payload.byteLength - this.#left - count, at, at + count);
    if (this.#left === 0) this.#onBytesEnd();
    return at + count;
  }

  #onBytesEnd(): void {
    const state = this.#state;
    const padding = this.#padding;
    this.#state = padding > 0 ? 'skip' : 'header';
    this.#left = padding;
    this.#padding = 0;
    if (state === 'content') this.#visitor.entryEnd?.();
    else if (state === 'payload') this.#onPayload();
  }

  #onBlock(block: Buffer): void {
    if (this.#state === 'header') {
      if (block[0] === 0 && isZeroBlock(block)) {
        this.#refusePending();
        this.#state = 'second-zero';
      } else if (hasValidChecksum(block)) this.#onHeader(new TarHeader(block));
      else throw badHeader('its checksum is wrong');
    } else if (this.#state === 'second-zero') {
      if (!isZeroBlock(block)) throw ambiguousTar('a single block of zeros is followed by more');
      this.#state = 'ended';
    } else if (this.#state === 'old-sparse') this.#onOldSparse(addOldSparse(this.#oldSparse, block, 0, 21));
    else this.#onSparseMap(block);
  }

  #onHeader(header: TarHeader): void {
    switch (header.type) {
      case typeFlag.pax:
      case typeFlag.paxSolaris:
      case typeFlag.paxGlobal:
      case typeFlag.gnuLongName:
      case typeFlag.gnuLongLink: {
        // Their own size counts: a pax record speaks of the member that follows, not of another header in between.
        const size = header.number(field.size);
        if (size < 0) throw badHeader('its size is negative');
        if (size > this.#maxExtendedHeader) {
          throw tarLimit(
            'tar-header-too-large',
            `an extended header of ${size} bytes is larger than ${this.#maxExtendedHeader}`,
          );
        }
        this.#payload = Buffer.allocUnsafe(size);
        this.#payloadType = header.type;
        this.#take('payload', size);
        return;
      }
      case typeFlag.gnuVolume: {
        const size = header.number(field.size);
        if (size < 0) throw badHeader('its size is negative');
        this.#take('skip', size);
        return;
      }
      case typeFlag.gnuContinuation:
      case typeFlag.gnuOldNames:
        throw new LamellaError('unsupported', `archive/tar: member type '${header.type}' is not supported`, {
          code: 'tar-unsupported',
          hint: 'Archives of several volumes have to be joined first.',
        });
      default:
        this.#onMember(header);
    }
  }

  #onPayload(): void {
    const payload = this.#payload;
    this.#payload = this.#block;
    if (this.#payloadType === typeFlag.paxGlobal) {
      this.#global.add(parsePaxRecords(payload));
    } else if (this.#payloadType === typeFlag.gnuLongName || this.#payloadType === typeFlag.gnuLongLink) {
      const nul = payload.indexOf(0);
      const text = payload.toString('latin1', 0, nul < 0 ? payload.byteLength : nul) as ByteString;
      if (this.#payloadType === typeFlag.gnuLongName) this.#longName = text;
      else this.#longLink = text;
    } else this.#pax = parsePaxRecords(payload);
  }

  #onMember(header: TarHeader): void {
    this.#entries += 1;
    if (this.#entries > this.#maxEntries) {
      throw tarLimit('tar-too-many-entries', `the archive has more than ${this.#maxEntries} members`);
    }
    const pending = buildEntry(header, {
      global: this.#global.records,
      local: this.#pax,
      longName: this.#longName,
      longLink: this.#longLink,
      maxPath: this.#maxPath,
    });
    this.#pax = this.#longName = this.#longLink = undefined;
    this.#pending = pending;
    if (header.type === typeFlag.gnuSparse) {
      this.#oldSparse = [];
      this.#onOldSparse(addOldSparse(this.#oldSparse, header.block, field.oldSparse, 4));
    } else if (pending.sparseInContent) {
      this.#map = new SparseMapReader(this.#maxExtendedHeader);
      this.#state = 'sparse-map';
    } else this.#announce(pending.sparse, pending.storedSize);
  }

  #onOldSparse(more: boolean): void {
    this.#state = 'old-sparse';
    if (this.#oldSparse.length * 12 > this.#maxExtendedHeader) {
      throw tarLimit('tar-header-too-large', `a sparse map is larger than ${this.#maxExtendedHeader} bytes`);
    }
    if (!more) this.#announce(this.#oldSparse, this.#pending?.storedSize ?? 0);
  }

  #onSparseMap(block: Buffer): void {
    const map = this.#map as SparseMapReader;
    const numbers = map.add(block);
    const left = (this.#pending?.storedSize ?? 0) - map.bytes;
    if (left < 0) throw badHeader('its sparse map is longer than its content');
    if (numbers !== undefined) this.#announce(numbers, left);
  }

  #announce(sparse: SparseNumbers | undefined, storedSize: number): void {
    const { entry, skipped } = this.#pending as PendingEntry;
    this.#pending = undefined;
    this.#map = undefined;
    this.#visitor.entry({
      ...entry,
      dataOffset: this.#position,
      storedSize: skipped ? 0 : storedSize,
      sparse: sparse === undefined ? undefined : checkSparse(sparse, entry.size, storedSize),
    });
    if (storedSize > 0 && !skipped) return this.#take('content', storedSize);
    this.#visitor.entryEnd?.();
    this.#take('skip', storedSize);
  }

  #take(state: 'content' | 'skip' | 'payload', size: number): void {
    this.#state = state;
    this.#left = size;
    this.#padding = paddingLength(size);
    if (size === 0) this.#onBytesEnd();
  }

  #refusePending(): void {
    if (this.#pax ?? this.#longName ?? this.#longLink) throw truncatedTar('an extended header');
  }
}
