import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { isLamellaError } from '../../base/errors.ts';
import { type ByteStream, streamOf } from '../../base/streams.ts';
import { decompress } from '../compression.ts';
import { findIsal, type Isal } from './library.ts';

/** Undefined, and said aloud, where the library is not installed. */
function isalHere(t: TestContext): Isal | undefined {
  const found = findIsal();
  if (found.isal === undefined) t.skip(`ISA-L cannot be used here: ${found.problem}`);
  return found.isal;
}

async function* pieces(bytes: Uint8Array, size: number): ByteStream {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

interface Outcome {
  readonly bytes: Buffer;
  /** Code of the error that ended it; 'fine' where there was none. */
  readonly end: string;
}

/** What comes out, and how it ends. */
async function outcome(source: ByteStream, isal: Isal | null): Promise<Outcome> {
  const got: Uint8Array[] = [];
  try {
    for await (const piece of decompress(source, { compression: 'gzip', isal })) got.push(piece);
    return { bytes: Buffer.concat(got), end: 'fine' };
  } catch (error) {
    if (!isLamellaError(error)) throw error;
    return { bytes: Buffer.concat(got), end: error.code };
  }
}

/** Words that compress, noise that does not, runs. */
function mixture(size: number): Buffer {
  const parts: Buffer[] = [];
  for (let made = 0, turn = 0; made < size; turn += 1) {
    const part =
      turn % 3 === 0
        ? Buffer.from(`usr/share/doc/${turn}\n`.repeat(3000))
        : turn % 3 === 1
          ? randomBytes(40_000)
          : Buffer.alloc(60_000, turn);
    parts.push(part);
    made += part.byteLength;
  }
  return Buffer.concat(parts).subarray(0, size);
}

const content = mixture(3_000_000);
const member = gzipSync(content, { level: 5 });
const small = gzipSync('a small member');
const empty = gzipSync('');

/** A member with the optional fields of RFC 1952, section 2.3. */
function withFields(flags: number, fields: Uint8Array, headerCrc?: 'right' | 'wrong'): Buffer {
  const plain = Buffer.from('content behind a long header');
  const head = Buffer.concat([
    Buffer.from([31, 139, 8, flags | (headerCrc === undefined ? 0 : 2), 0, 0, 0, 0, 0, 3]),
    fields,
  ]);
  const check = Buffer.alloc(2);
  check.writeUInt16LE((crc32(head) & 0xffff) ^ (headerCrc === 'wrong' ? 1 : 0));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(plain), 0);
  trailer.writeUInt32LE(plain.byteLength, 4);
  return Buffer.concat([head, ...(headerCrc === undefined ? [] : [check]), deflateRawSync(plain), trailer]);
}

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.byteLength + at : at;
  copy[index] = (copy[index] ?? 0) ^ 0x41;
  return copy;
}

const name = Buffer.from(`${'n'.repeat(5000)}\0`);
const extra = Buffer.concat([Buffer.from([0x10, 0x27]), randomBytes(10_000)]);
const cases: Readonly<Record<string, Buffer>> = {
  'one member': member,
  'several members': Buffer.concat([member, small, empty, member, small]),
  'ten thousand small members': Buffer.concat(Array.from({ length: 10_000 }, () => small)),
  'nothing in a member': empty,
  'stored blocks': gzipSync(content, { level: 0 }),
  'fixed codes': gzipSync(content.subarray(0, 200_000), { strategy: constants.Z_FIXED }),
  'a run of 64 MiB': gzipSync(Buffer.alloc(64 << 20)),
  padding: Buffer.concat([member, Buffer.alloc(600_000)]),
  'padding of one byte': Buffer.concat([member, Buffer.alloc(1)]),
  'a long name': withFields(8, name),
  'name, comment and extra field': withFields(8 | 16 | 4, Buffer.concat([extra, name, name])),
  'a checked header': withFields(8, name, 'right'),
  'a header with a wrong check': withFields(8, name, 'wrong'),
  'reserved flags': withFields(0x20, Buffer.alloc(0)),
  'another method': changed(small, 2),
  'no data at all': Buffer.alloc(0),
  'half a magic number': member.subarray(0, 1),
  'half a header': member.subarray(0, 7),
  'half a member': member.subarray(0, member.byteLength >>> 1),
  'no trailer': member.subarray(0, -8),
  'half a trailer': member.subarray(0, -3),
  'a second member without its end': Buffer.concat([small, member.subarray(0, 5000)]),
  'a second member of one byte': Buffer.concat([small, member.subarray(0, 1)]),
  'a wrong checksum': changed(member, -6),
  'a wrong size': changed(member, -2),
  'a wrong checksum in the first of two': Buffer.concat([changed(small, -6), small]),
  'words behind it': Buffer.concat([member, Buffer.from('words')]),
  'half a second header that is none': Buffer.concat([member, Buffer.from([31, 1, 2, 3, 4, 5, 6, 7, 8])]),
  'words behind padding': Buffer.concat([member, Buffer.alloc(512), Buffer.from('words')]),
  'a member behind padding': Buffer.concat([member, Buffer.alloc(512), member]),
};

for (const [what, bytes] of Object.entries(cases)) {
  test(`gunzipWithIsal() does with ${what} what zlib does, however it is cut`, async (t) => {
    const isal = isalHere(t);
    if (isal === undefined) return;
    const sizes = bytes.byteLength > 20_000 ? [10_007, 1 << 20] : [1, 7, 1 << 20];
    for (const size of sizes) {
      const expected = await outcome(pieces(bytes, size), null);
      const found = await outcome(pieces(bytes, size), isal);
      assert.equal(found.end, expected.end, `in pieces of ${size}`);
      if (expected.end === 'fine') assert.ok(found.bytes.equals(expected.bytes));
      else assert.ok(isStart(expected.bytes, found.bytes) || isStart(found.bytes, expected.bytes));
    }
  });
}

function isStart(start: Buffer, whole: Buffer): boolean {
  return start.byteLength <= whole.byteLength && whole.subarray(0, start.byteLength).equals(start);
}

test('gunzipWithIsal() gives back what zlib makes at any level, of any content', async (t) => {
  const isal = isalHere(t);
  if (isal === undefined) return;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.constant(content.subarray(0, 700_001))), {
        maxLength: 4,
      }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 300_000 }),
      async (contents, level, size) => {
        const whole = Buffer.concat(contents);
        const bytes = gzipSync(whole, { level });
        const found = await outcome(pieces(bytes, Math.max(size, bytes.byteLength / 200)), isal);
        assert.equal(found.end, 'fine');
        assert.ok(found.bytes.equals(whole));
      },
    ),
    { numRuns: 40 },
  );
});

test('gunzipWithIsal() never takes a damaged member for a whole one', async (t) => {
  const isal = isalHere(t);
  if (isal === undefined) return;
  const plain = mixture(60_000);
  const bytes = gzipSync(plain);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      const found = await outcome(streamOf(damaged), isal);
      // Time, hints and system of the header may change without harm, and the unused bits behind the last block.
      if (found.end === 'fine') assert.ok(found.bytes.equals(plain), `byte ${at}`);
      else assert.match(found.end, /^compression-/);
    }),
    { numRuns: 300 },
  );
});

test('gunzipWithIsal() in lent memory gives pieces that are good while two are at hand', async (t) => {
  const isal = isalHere(t);
  if (isal === undefined) return;
  const got: Buffer[] = [];
  let before: Uint8Array | undefined;
  for await (const piece of decompress(streamOf(member, small), { isal, lend: true })) {
    if (before !== undefined) got.push(Buffer.from(before));
    before = piece;
  }
  if (before !== undefined) got.push(Buffer.from(before));
  assert.ok(Buffer.concat(got).equals(Buffer.concat([content, Buffer.from('a small member')])));
});

test('gunzipWithIsal() left early closes its source, and the work under way ends first', async (t) => {
  const isal = isalHere(t);
  if (isal === undefined) return;
  let isClosed = false;
  async function* source(): ByteStream {
    try {
      for (;;) yield member;
    } finally {
      isClosed = true;
    }
  }
  for await (const piece of decompress(source(), { isal })) {
    assert.ok(piece.byteLength > 0);
    break;
  }
  assert.ok(isClosed);
});

test('gunzipWithIsal() leaves bombs to the limits of decompress()', async (t) => {
  const isal = isalHere(t);
  if (isal === undefined) return;
  const bomb = gzipSync(Buffer.alloc(64 << 20));
  const limits = { ratioFloor: 16 << 20 };
  await assert.rejects(Array.fromAsync(decompress(streamOf(bomb), { isal, limits })), {
    code: 'compression-bomb',
  });
  await assert.rejects(Array.fromAsync(decompress(streamOf(bomb), { isal, limits: { maxBytes: 1000 } })), {
    code: 'too-large',
  });
});
