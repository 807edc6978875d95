import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { ByteStream } from '../../src/base/streams.ts';
import { compress, decompress } from '../../src/tar/compression.ts';

const MiB = 1 << 20;

/** A deflate stream of zeros at its best ratio, 1:1030: a megabyte is compressed once, then repeated as members. */
async function* gzipZeros(megabytes: number): ByteStream {
  const members = gzipSync(Buffer.alloc(64 * MiB), { level: 9 });
  for (let done = 0; done < megabytes; done += 64) yield members;
}

/** Frames of zeros at more than 1:10,000. */
async function* zstdZeros(megabytes: number): ByteStream {
  const pieces = await Array.fromAsync(compress(oneOf(Buffer.alloc(64 * MiB)), 'zstd', { level: 19 }));
  const frame = Buffer.concat(pieces);
  for (let done = 0; done < megabytes; done += 64) yield frame;
}

async function* oneOf(bytes: Buffer): ByteStream {
  yield bytes;
}

interface Outcome {
  readonly given: number;
  readonly code: unknown;
  readonly grown: number;
}

async function explode(source: ByteStream): Promise<Outcome> {
  const before = process.memoryUsage().rss;
  let grown = 0;
  let given = 0;
  try {
    for await (const piece of decompress(source)) {
      given += piece.byteLength;
      grown = Math.max(grown, process.memoryUsage.rss() - before);
    }
    return { given, code: undefined, grown };
  } catch (error) {
    return { given, code: (error as { code?: unknown }).code, grown };
  }
}

for (const [format, zeros] of [
  ['gzip', gzipZeros],
  ['zstd', zstdZeros],
] as const) {
  test(`${format}: 10 GB of zeros out of a few MB stop at 1 GiB, in flat memory`, async () => {
    const { given, code, grown } = await explode(zeros(10_240));
    assert.equal(code, 'compression-bomb');
    assert.ok(given <= 1100 * MiB, `${given} bytes were given`);
    assert.ok(grown < 160 * MiB, `memory grew by ${grown} bytes`);
  });

  test(`${format}: a layer with 300 MB of zeros passes`, async () => {
    const { given, code } = await explode(zeros(320));
    assert.deepEqual([given, code], [320 * MiB, undefined]);
  });
}

for (const command of ['xz', 'bzip2']) {
  test(`${command}: zeros out of next to nothing stop at the limits`, async (t) => {
    const made = spawnSync(command, ['-1', '-c'], { input: Buffer.alloc(40 * MiB), maxBuffer: MiB });
    if (made.error !== undefined) {
      t.skip(`${command} is not on this machine`);
      return;
    }
    await assert.rejects(
      Array.fromAsync(decompress(oneOf(made.stdout), { limits: { ratioFloor: 16 * MiB } })),
      { kind: 'invalid', code: 'compression-bomb' },
    );
    await assert.rejects(
      Array.fromAsync(decompress(oneOf(made.stdout), { limits: { maxBytes: 16 * MiB } })),
      {
        kind: 'invalid',
        code: 'too-large',
      },
    );
  });
}

test('xz: a dictionary over the limit is refused before memory is asked for', async (t) => {
  const made = spawnSync('xz', ['--lzma2=preset=0,dict=512MiB', '-c'], {
    input: Buffer.alloc(100),
    maxBuffer: MiB,
  });
  if (made.error !== undefined || made.status !== 0) {
    t.skip('xz is not on this machine, or has not the memory for a dictionary of 512 MiB');
    return;
  }
  await assert.rejects(Array.fromAsync(decompress(oneOf(made.stdout))), {
    kind: 'invalid',
    code: 'compression-window',
  });
});

test('what is compressed twice is undone once: nothing follows nested archives by itself', async () => {
  const inner = gzipSync(Buffer.alloc(1000));
  const pieces = await Array.fromAsync(decompress(oneOf(gzipSync(inner))));
  assert.deepEqual(Buffer.concat(pieces), inner);
});

test('an endless run of empty gzip members gives nothing and grows nothing', async () => {
  const empty = Buffer.concat(Array.from({ length: 2000 }, () => gzipSync('')));
  const { given, code, grown } = await explode(
    (async function* () {
      for (let index = 0; index < 50; index += 1) yield empty;
    })(),
  );
  assert.deepEqual([given, code], [0, undefined]);
  assert.ok(grown < 64 * MiB);
});

test('a gzip stream that never ends is followed at the pace of its reader', async () => {
  let asked = 0;
  /** A header, and one stored block after the other, none of them the last (RFC 1951, section 3.2.4). */
  async function* endless(): ByteStream {
    yield gzipSync('').subarray(0, 10);
    const block = Buffer.concat([Buffer.from([0, 0xff, 0xff, 0, 0]), Buffer.alloc(0xffff, 'x')]);
    for (;;) {
      asked += block.byteLength;
      yield block;
    }
  }
  const reader = decompress(endless())[Symbol.asyncIterator]();
  let given = 0;
  for (let index = 0; index < 4; index += 1) given += (await reader.next()).value?.byteLength ?? 0;
  // Until what is read ahead is there, and no more comes.
  for (let before = -1; before !== asked; await setTimeout(200)) before = asked;
  assert.ok(asked < given + 2 * MiB, `${asked} bytes were asked for, and ${given} given`);
  await reader.return?.();
});
