export interface LendOptions {
  /**
   * Use memory again: a piece is good only until two more have been asked for. Much faster, for readers that hash, copy or
   * write each piece before they go on.
   */
  readonly lend?: boolean;
}

/**
 * A few buffers that are used in turn. Fresh memory for each piece of a stream costs several times what reading or
 * hashing it does, since the kernel must clear every page.
 */
export interface BufferRing {
  /** The buffer that was given longest ago, or one that is still new. */
  next(): Buffer;
}

export function createBufferRing(size: number, count: number, { lend = false }: LendOptions): BufferRing {
  const buffers: Buffer[] = [];
  let turn = 0;
  return {
    next() {
      if (!lend) return Buffer.allocUnsafeSlow(size);
      turn = (turn + 1) % count;
      return (buffers[turn] ??= Buffer.allocUnsafeSlow(size));
    },
  };
}
