import { createBufferRing, type LendOptions } from './buffer-ring.ts';

const pieceSize = 1 << 20;
/** Up to three pieces may wait here, and the reader may hold three. */
const pieceCount = 6;

/**
 * Gathers small parts into pieces of up to 1 MiB, so that what reads them has few to look at. */
export interface Packer {
  /** Takes a copy of the bytes. */
  add(bytes: Uint8Array): void;
  /** Room for `size` bytes (at most 1 MiB), which `write` must fill as a whole. */
  fill(size: number, write: (buffer: Buffer) => void): void;
  /** The pieces that are full by now. */
  full(): Iterable<Uint8Array>;
  /** All pieces. */
  rest(): Iterable<Uint8Array>;
}

export function createPacker(options: LendOptions): Packer {
  const ring = createBufferRing(pieceSize, pieceCount, options);
  let done: Uint8Array[] = [];
  let buffer = ring.next();
  let used = 0;

  function close(): void {
    if (used === 0) return;
    done.push(buffer.subarray(0, used));
    buffer = ring.next();
    used = 0;
  }
  function take(): Uint8Array[] {
    const taken = done;
    done = [];
    return taken;
  }

  function fill(size: number, write: (buffer: Buffer) => void): void {
    if (used + size > pieceSize) close();
    write(buffer.subarray(used, used + size));
    used += size;
  }

  return {
    add(bytes) {
      for (let at = 0; at < bytes.byteLength; at += pieceSize) {
        const part = bytes.subarray(at, at + pieceSize);
        fill(part.byteLength, (room) => room.set(part));
      }
    },
    fill,
    full: take,
    rest() {
      close();
      return take();
    },
  };
}
