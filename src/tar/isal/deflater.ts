import { allocate, callAside, type NativeIsal } from './native.ts';

/** Deflates blocks (RFC 1951) that stand by themselves or follow others; one at a time. */
export interface Deflater {
  /**
   * @param options.dictionary what stands before the block, up to 32 KiB: it may refer to that
   * @param options.isLast the stream ends with this block; otherwise it ends at a byte
   * @returns the block, in memory that the next call uses again
   */
  deflate(bytes: Uint8Array, options: DeflateOptions): Promise<Uint8Array>;
  /** The same on this thread. */
  deflateNow(bytes: Uint8Array, options: DeflateOptions): Uint8Array;
}

interface DeflateOptions {
  readonly dictionary?: Uint8Array | undefined;
  readonly isLast: boolean;
}

/** `struct isal_zstream`: as for inflating. It has 82,384 bytes in 2.30. */
const stream = {
  size: 256 << 10,
  nextIn: 0,
  availIn: 8,
  nextOut: 16,
  availOut: 24,
  level: 40,
  levelBufferSize: 44,
  levelBuffer: 48,
  endOfStream: 56,
  flush: 58,
} as const;

/** The highest: of a root file system it makes 3 % less than level 1 does, in a little more time. */
const level = 3;
/** `ISAL_DEF_LVL3_EXTRA_LARGE`, and some more. */
const levelBufferSize = 768 << 10;
const syncFlush = 1;

/** Data that cannot be compressed grow by 5 bytes for each stored block of at most 64 KiB, and a flush takes 5 more. */
function roomFor(size: number): number {
  return size + (size >>> 6) + 4096;
}

export function createDeflater(native: NativeIsal): Deflater {
  const { bytes: memory, address } = allocate(native, stream.size);
  const levelBuffer = allocate(native, levelBufferSize);
  let output: Buffer = Buffer.alloc(0);

  function prepare(bytes: Uint8Array, { dictionary, isLast }: DeflateOptions): void {
    const room = roomFor(bytes.byteLength);
    if (output.byteLength < room) output = Buffer.allocUnsafeSlow(room);
    native.deflateInit(address);
    memory.writeUInt32LE(level, stream.level);
    memory.writeUInt32LE(levelBufferSize, stream.levelBufferSize);
    memory.writeBigUInt64LE(levelBuffer.address, stream.levelBuffer);
    if (dictionary !== undefined && dictionary.byteLength > 0) {
      const code = native.deflateSetDict(address, dictionary, dictionary.byteLength);
      if (code !== 0) throw new Error(`ISA-L refuses a dictionary: ${code}`);
    }
    memory.writeBigUInt64LE(native.addressOf(bytes), stream.nextIn);
    memory.writeUInt32LE(bytes.byteLength, stream.availIn);
    memory.writeBigUInt64LE(native.addressOf(output), stream.nextOut);
    memory.writeUInt32LE(output.byteLength, stream.availOut);
    memory.writeUInt16LE(isLast ? 1 : 0, stream.endOfStream);
    memory.writeUInt16LE(isLast ? 0 : syncFlush, stream.flush);
  }
  function result(code: number): Uint8Array {
    const left = memory.readUInt32LE(stream.availOut);
    if (code !== 0 || memory.readUInt32LE(stream.availIn) !== 0 || left === 0) {
      throw new Error(`ISA-L could not deflate a block: ${code}`);
    }
    return output.subarray(0, output.byteLength - left);
  }

  return {
    async deflate(bytes, options) {
      prepare(bytes, options);
      const held = [memory, levelBuffer.bytes, bytes, output];
      return result(await callAside(native.deflate, address, held));
    },
    deflateNow(bytes, options) {
      prepare(bytes, options);
      return result(native.deflate(address));
    },
  };
}
