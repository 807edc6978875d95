import { execFileSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { collectBytes, streamOf, type ByteStream } from '../base/streams.ts';
import { decompress } from './compression.ts';
import { findIsal } from './isal/library.ts';
import { compressInParallel, type ParallelCompressOptions } from './parallel-compress.ts';

/** gzip as node:zlib makes it and, where that is installed, ISA-L; and zstd. */
const codecs: readonly {
  readonly codec: 'gzip' | 'zstd';
  readonly by: string;
  readonly options: ParallelCompressOptions;
}[] = [
  { codec: 'gzip', by: 'zlib', options: { isal: null } },
  { codec: 'gzip', by: 'ISA-L', options: { isal: findIsal().isal ?? null } },
  { codec: 'zstd', by: 'Node.js', options: {} },
];
const most = 64 << 20;

/** Gives the content in pieces of these sizes, all in the same memory, as a lending source does. */
async function* lent(content: Uint8Array, sizes: readonly number[]): ByteStream {
  const memory = new Uint8Array(Math.max(...sizes));
  for (let start = 0, turn = 0; start < content.byteLength; turn += 1) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, content.byteLength - start);
    memory.set(content.subarray(start, start + size));
    yield memory.subarray(0, size);
    start += size;
  }
}

function compressed(
  content: Uint8Array,
  codec: 'gzip' | 'zstd',
  options?: ParallelCompressOptions,
  sizes: readonly number[] = [1 << 20],
): Promise<Buffer> {
  return collectBytes(compressInParallel(lent(content, sizes), codec, options), most);
}

/** Text that compresses, noise that does not, and runs; longer than one block of each codec. */
function mixture(size: number): Buffer {
  const seed = createHash('sha256').update(String(size)).digest('hex');
  const parts: Buffer[] = [];
  for (let made = 0, turn = 0; made < size; turn += 1) {
    const part =
      turn % 3 === 0
        ? Buffer.from(`${seed} usr/share/doc/${turn}\n`.repeat(2000))
        : turn % 3 === 1
          ? randomBytes(30_000)
          : Buffer.alloc(50_000, turn);
    parts.push(part);
    made += part.byteLength;
  }
  return Buffer.concat(parts).subarray(0, size);
}

for (const { codec, by, options: base } of codecs) {
  const expand = codec === 'gzip' ? gunzipSync : zstdDecompressSync;
  const name = `compressInParallel() ${codec} by ${by}`;
  const skip = by === 'ISA-L' && findIsal().isal === undefined ? 'libisal2 is not installed' : false;

  test(`${name}: what comes out expands to what went in`, { skip }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5000 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
        async (content, sizes) => {
          const bytes = await compressed(content, codec, base, sizes);
          assert.deepEqual(expand(bytes), Buffer.from(content));
        },
      ),
      { numRuns: 50 },
    );
  });

  test(
    `${name}: gives the same bytes with 1 and with many workers, however the pieces are cut`,
    { skip },
    async () => {
      const content = mixture(9_500_001);
      const one = await compressed(content, codec, { ...base, workers: 1 });
      assert.ok(one.equals(await compressed(content, codec, { ...base, workers: 7 }, [100_003, 7, 1 << 20])));
      assert.ok(Buffer.from(expand(one)).equals(content));
      assert.ok((await collectBytes(decompress(streamOf(one)), most)).equals(content), 'our own reader');
    },
  );

  test(`${name}: content of exactly whole blocks and of nothing is right, too`, { skip }, async () => {
    for (const size of [0, 512 << 10, 1 << 20, 4 << 20, 8 << 20]) {
      const content = Buffer.alloc(size, 'lamella');
      const bytes = await compressed(content, codec, base);
      assert.ok(Buffer.from(expand(bytes)).equals(content), `${size} bytes`);
    }
  });

  test(`${name}: ends at once when it is cancelled`, { skip }, async () => {
    const controller = new AbortController();
    let given = 0;
    async function* endless(): ByteStream {
      for (;;) {
        given += 1;
        if (given === 10) controller.abort();
        yield new Uint8Array(1 << 20);
      }
    }
    const bytes = compressInParallel(endless(), codec, { ...base, signal: controller.signal });
    await assert.rejects(collectBytes(bytes, most), { kind: 'cancelled' });
    assert.ok(given < 30, `${given} pieces were asked for`);
  });

  test(`${name}: an error of the source is the error of the result`, { skip }, async () => {
    async function* broken(): ByteStream {
      yield mixture(5 << 20);
      throw new Error('the disk is gone');
    }
    await assert.rejects(collectBytes(compressInParallel(broken(), codec, base), most), /the disk is gone/);
  });

  test(
    `${name}: noise grows by next to nothing, and lent pieces are good while they are at hand`,
    { skip },
    async () => {
      const content = Buffer.concat([randomBytes(3_000_000), mixture(2_000_000)]);
      const expected = await compressed(content, codec, base);
      assert.ok(expected.byteLength < content.byteLength);
      const pieces: Buffer[] = [];
      for await (const piece of compressInParallel(streamOf(content), codec, { ...base, lend: true })) {
        pieces.push(Buffer.from(piece));
      }
      assert.ok(Buffer.concat(pieces).equals(expected));
    },
  );

  if (codec === 'zstd') continue;
  test(`${name}: GNU gzip finds the member whole, and no name or time in its header`, { skip }, async () => {
    const content = mixture(3_000_000);
    const bytes = await compressed(content, codec, base);
    const expanded = execFileSync('gzip', ['-dc'], { input: bytes, maxBuffer: most });
    assert.ok(expanded.equals(content));
    assert.equal(bytes.subarray(0, 10).toString('hex'), '1f8b08000000000000ff');
  });
}

test('compressInParallel() gzip: costs at most 3 % against one stream of the same level', async () => {
  const words = Array.from({ length: 4000 }, () => randomBytes(4).toString('hex'));
  const text = Buffer.from(
    Array.from({ length: 400_000 }, (_, i) => words[(i * i * 31 + i * 7) % 4000]).join(' '),
  );
  const { gzipSync } = await import('node:zlib');
  const bytes = await compressed(text, 'gzip', { level: 6 });
  assert.ok(bytes.byteLength <= gzipSync(text, { level: 6 }).byteLength * 1.03);
});
