import type { ByteStream } from '../../base/streams.ts';
import { corruptCompression, trailingGarbage, truncatedCompression } from '../compression-errors.ts';
import type { Block } from '../fixed-blocks.ts';
import type { Progress } from '../zlib-stream.ts';
import type { Inflated, Inflater } from './inflater.ts';
import type { Isal } from './library.ts';

export interface GunzipOptions {
  readonly progress: Progress;
  /** Use memory again: a piece is good only until two more have been asked for. */
  readonly lend: boolean;
}

/** Large: a call costs as much as unpacking some kilobytes does. */
const outputSize = 512 << 10;
/** The piece that is being made, the one that is given, and the one before it. */
const outputCount = 3;
/** A member begins on this thread, with so much output: archives may have one for each small file. */
const firstOutput = 16 << 10;

/**
 * Unpacks gzip as node:zlib does, with the same errors: members follow one another, zeros may follow the last.
 *
 * @throws LamellaError corrupt `compression-truncated`, `compression-corrupt`, `compression-trailing-garbage`
 */
export async function* gunzipWithIsal(
  blocks: AsyncIterable<Block>,
  isal: Isal,
  { progress, lend }: GunzipOptions,
): ByteStream {
  const inflater = isal.createInflater();
  const outputs: Buffer[] = [];
  let turn = 0;
  let output = nextOutput();
  let filled = 0;
  /** Where in the data: before or in a member, behind one, or in the padding that follows the last. */
  let place: 'member' | 'behind' | 'padding' = 'member';
  /** Bytes of the member that were given to the library. */
  let taken = 0;

  function nextOutput(): Buffer {
    turn = (turn + 1) % outputCount;
    return (outputs[turn] ??= Buffer.allocUnsafeSlow(outputSize));
  }
  function take(): Uint8Array {
    const piece = output.subarray(0, filled);
    filled = 0;
    if (!lend) return Buffer.from(piece);
    output = nextOutput();
    return piece;
  }

  for await (const { bytes, release } of blocks) {
    let rest = bytes;
    for (;;) {
      if (place !== 'member') {
        const zeros = leadingZeros(rest);
        rest = rest.subarray(zeros);
        if (zeros > 0) place = 'padding';
        progress.consumed += zeros;
        if (rest.byteLength === 0) break;
        if (place === 'padding') throw trailingGarbage('gzip');
        place = 'member';
        taken = 0;
      }
      checkHeader(rest, taken);
      const room = output.subarray(filled);
      const { consumed, produced, isEnd } = await step(inflater, rest, room, taken === 0);
      taken += consumed;
      rest = rest.subarray(consumed);
      progress.consumed += consumed;
      filled += produced;
      if (isEnd) place = 'behind';
      const isFull = filled === outputSize;
      if (isFull) yield take();
      if (!isFull && !isEnd && rest.byteLength === 0) break;
    }
    release();
    if (filled > 0) yield take();
  }
  if (place === 'member') throw truncatedCompression('gzip');
}

/** How a member begins, bit by bit where there is a choice: it is deflated, and no flag is set that nobody knows. */
const headerStart = [
  { mask: 0xff, bits: 0x1f, problem: 'incorrect header check' },
  { mask: 0xff, bits: 0x8b, problem: 'incorrect header check' },
  { mask: 0xff, bits: 8, problem: 'unknown compression method' },
  { mask: 0xe0, bits: 0, problem: 'unknown header flags set' },
] as const;

/** The library lets some of it pass, and waits for a whole header before it refuses the rest (RFC 1952, section 2.3.1.2). */
function checkHeader(bytes: Uint8Array, taken: number): void {
  for (const [at, { mask, bits, problem }] of headerStart.entries()) {
    const byte = bytes[at - taken];
    if (byte !== undefined && (byte & mask) !== bits) throw corruptCompression('gzip', problem);
  }
}

async function step(
  inflater: Inflater,
  input: Uint8Array,
  output: Uint8Array,
  isNew: boolean,
): Promise<Inflated> {
  if (!isNew) return await inflater.inflate(input, output);
  inflater.begin();
  return inflater.inflateNow(input, output.subarray(0, firstOutput));
}

function leadingZeros(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? bytes.byteLength : first;
}
