import { corruptCompression } from '../compression-errors.ts';
import { allocate, callAside, type NativeIsal } from './native.ts';

/** Inflates gzip members (RFC 1952), one after the other; checks their headers, checksums and sizes. */
export interface Inflater {
  /** Gets ready for a member's first byte. */
  begin(): void;
  /**
   * Inflates what `input` holds until it is used up, `output` is full, or the member ends. Input that is used up may leave
   * output behind where it did not fit.
   *
   * @throws LamellaError corrupt `compression-corrupt`
   */
  inflate(input: Uint8Array, output: Uint8Array): Promise<Inflated>;
  /** The same on this thread: for little, for which a thread of its own would cost more than the work. */
  inflateNow(input: Uint8Array, output: Uint8Array): Inflated;
}

export interface Inflated {
  /** Bytes of the input that are used up. */
  readonly consumed: number;
  /** Bytes of the output that were written. */
  readonly produced: number;
  /** Whether the member has ended: what follows in the input is not its own. */
  readonly isEnd: boolean;
}

/**
 * `struct inflate_state` (igzip_lib.h, release 2.30): offsets of its members in bytes, on 64-bit machines. It has 87,368
 * bytes; releases add to its end.
 */
const state = {
  size: 256 << 10,
  nextOut: 0,
  availOut: 8,
  nextIn: 16,
  availIn: 32,
  blockState: 21160,
  crcFlag: 21172,
} as const;

/** `ISAL_BLOCK_FINISH`: all is given, and was right. */
const blockFinish = 5;
/** `ISAL_GZIP`: with header and trailer, both checked. */
const gzipFlag = 1;

const reasons: Readonly<Record<number, string>> = {
  [-1]: 'invalid block type',
  [-2]: 'invalid code',
  [-3]: 'invalid distance too far back',
  [-4]: 'incorrect header check',
  [-5]: 'unknown compression method',
  [-6]: 'incorrect data check',
};

export function createInflater(native: NativeIsal): Inflater {
  const { bytes, address } = allocate(native, state.size);
  native.inflateInit(address);

  function prepare(input: Uint8Array, output: Uint8Array): void {
    bytes.writeBigUInt64LE(native.addressOf(input), state.nextIn);
    bytes.writeUInt32LE(input.byteLength, state.availIn);
    bytes.writeBigUInt64LE(native.addressOf(output), state.nextOut);
    bytes.writeUInt32LE(output.byteLength, state.availOut);
  }
  function resultOf(code: number, input: Uint8Array, output: Uint8Array): Inflated {
    // Above zero it says why it stopped, which the counts do, too.
    if (code < 0) throw corruptCompression('gzip', reasons[code] ?? `ISA-L says ${code}`);
    return {
      consumed: input.byteLength - bytes.readUInt32LE(state.availIn),
      produced: output.byteLength - bytes.readUInt32LE(state.availOut),
      isEnd: bytes.readUInt32LE(state.blockState) === blockFinish,
    };
  }

  return {
    begin() {
      native.inflateReset(address);
      bytes.writeUInt32LE(gzipFlag, state.crcFlag);
    },
    async inflate(input, output) {
      prepare(input, output);
      return resultOf(await callAside(native.inflate, address, [bytes, input, output]), input, output);
    },
    inflateNow(input, output) {
      prepare(input, output);
      return resultOf(native.inflate(address), input, output);
    },
  };
}
