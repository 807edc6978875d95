import { execFileSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { collectBytes, streamOf, type ByteStream } from '../base/streams.ts';
import { decompress } from './compression.ts';
import { compressInParallel, type ParallelCompressOptions } from './parallel-compress.ts';

const codecs = ['gzip', 'zstd'] as const;
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

for (const codec of codecs) {
  const expand = codec === 'gzip' ? gunzipSync : zstdDecompressSync;

  test(`compressInParallel() ${codec}: what comes out expands to what went in`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5000 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
        async (content, sizes) => {
          const bytes = await compressed(content, codec, {}, sizes);
          assert.deepEqual(expand(bytes), Buffer.from(content));
        },
      ),
      { numRuns: 50 },
    );
  });

  test(`compressInParallel() ${codec}: gives the same bytes with 1 and with many workers, however the pieces are cut`, async () => {
    const content = mixture(9_500_001);
    const one = await compressed(content, codec, { workers: 1 });
    assert.ok(one.equals(await compressed(content, codec, { workers: 7 }, [100_003, 7, 1 << 20])));
    assert.ok(Buffer.from(expand(one)).equals(content));
    assert.ok((await collectBytes(decompress(streamOf(one)), most)).equals(content), 'our own reader');
  });

  test(`compressInParallel() ${codec}: content of exactly whole blocks and of nothing is right, too`, async () => {
    for (const size of [0, 512 << 10, 1 << 20, 4 << 20, 8 << 20]) {
      const content = Buffer.alloc(size, 'lamella');
      const bytes = await compressed(content, codec);
      assert.ok(Buffer.from(expand(bytes)).equals(content), `${size} bytes`);
    }
  });

  test(`compressInParallel() ${codec}: ends at once when it is cancelled`, async () => {
    const controller = new AbortController();
    let given = 0;
    async function* endless(): ByteStream {
      for (;;) {
        given += 1;
        if (given === 10) controller.abort();
        yield new Uint8Array(1 << 20);
      }
    }
    const bytes = compressInParallel(endless(), codec, { signal: controller.signal });
    await assert.rejects(collectBytes(bytes, most), { kind: 'cancelled' });
    assert.ok(given < 30, `${given} pieces were asked for`);
  });

  test(`compressInParallel() ${codec}: an error of the source is the error of the result`, async () => {
    async function* broken(): ByteStream {
      yield mixture(5 << 20);
      throw new Error('the disk is gone');
    }
    await assert.rejects(collectBytes(compressInParallel(broken(), codec), most), /the disk is gone/);
  });
}

test('compressInParallel() gzip: GNU gzip finds the member whole, and no name or time in its header', async () => {
  const content = mixture(3_000_000);
  const bytes = await compressed(content, 'gzip');
  const expanded = execFileSync('gzip', ['-dc'], { input: bytes, maxBuffer: most });
  assert.ok(expanded.equals(content));
  assert.equal(bytes.subarray(0, 10).toString('hex'), '1f8b08000000000000ff');
});

test('compressInParallel() gzip: costs at most 3 % against one stream of the same level', async () => {
  const words = Array.from({ length: 4000 }, () => randomBytes(4).toString('hex'));
  const text = Buffer.from(
    Array.from({ length: 400_000 }, (_, i) => words[(i * i * 31 + i * 7) % 4000]).join(' '),
  );
  const { gzipSync } = await import('node:zlib');
  const bytes = await compressed(text, 'gzip', { level: 6 });
  assert.ok(bytes.byteLength <= gzipSync(text, { level: 6 }).byteLength * 1.03);
});
