/** A C function, called on this thread, or with `async` on one of the pool in which node:zlib works, too. */
export interface NativeFunction {
  (...args: NativeArgument[]): number;
  async(...args: [...NativeArgument[], callback: (error: unknown, result: number) => void]): void;
}
type NativeArgument = number | bigint | Uint8Array;

/** What of ISA-L is used (igzip_lib.h). */
export interface NativeIsal {
  readonly inflateInit: NativeFunction;
  readonly inflateReset: NativeFunction;
  readonly inflate: NativeFunction;
  readonly deflateInit: NativeFunction;
  readonly deflateSetDict: NativeFunction;
  readonly deflate: NativeFunction;
  /** Where memory of ours is. It stays there, and must be kept from the garbage collector by whoever gives it away. */
  addressOf(memory: Uint8Array): bigint;
}

/** As caches have their lines, which is what vector instructions may ask for. */
const alignment = 64;

/** Zeroed memory for one of the library's structures. */
export function allocate(native: NativeIsal, size: number): { bytes: Buffer; address: bigint } {
  const memory = Buffer.alloc(size + alignment);
  const past = Number(native.addressOf(memory) % BigInt(alignment));
  const bytes = memory.subarray(alignment - past, alignment - past + size);
  return { bytes, address: native.addressOf(bytes) };
}

/**
 * Calls a function of one argument on the thread pool.
 *
 * @param held memory that the function reads or writes: it stays until the function has returned, whoever waits for that
 */
export async function callAside(
  run: NativeFunction,
  argument: bigint,
  held: readonly Uint8Array[],
): Promise<number> {
  const keep = new Set<unknown>(held);
  return await new Promise((resolve, reject) => {
    run.async(argument, (error, result) => {
      keep.clear();
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    });
  });
}
