import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import test from 'node:test';
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ByteStream } from '../base/streams.ts';
import { inChunks } from '../../test/support/tar-archive.ts';
import { compress, decompress, type DecompressOptions, detectCompression } from './compression.ts';

const text = 'hello hello hello hello';
const samples = {
  gzip: gzipSync(text),
  zstd: zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  bzip2: Buffer.from('QlpoOTFBWSZTWQL4sL0AAAORAEAAAkSgADDNAFSGlnGbOKPF3JFOFCQAviwvQA==', 'base64'),
  xz: Buffer.from(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAWAAtdADQZSe6N6VYKteAAAACJQ9vqAzTk0AABJxeJgpB5H7bzfQEAAAAABFla',
    'base64',
  ),
};
const formats = Object.keys(samples) as (keyof typeof samples)[];

async function collect(stream: ByteStream): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

function undo(bytes: Uint8Array, options: DecompressOptions = {}, chunkSize = 1 << 16): Promise<Buffer> {
  return collect(decompress(inChunks(bytes, chunkSize), options));
}

for (const format of formats) {
  const sample = samples[format];

  test(`${format}: is told by its first bytes and undone, in chunks of any size`, async () => {
    assert.equal(detectCompression(sample.subarray(0, 6)), format);
    for (const chunkSize of [1, 2, 7, 1000])
      assert.equal((await undo(sample, {}, chunkSize)).toString(), text);
  });

  test(`${format}: what is written one after the other is read as one`, async () => {
    const thrice = Buffer.concat([sample, sample, sample]);
    for (const chunkSize of [1, sample.byteLength, 1000]) {
      assert.equal((await undo(thrice, {}, chunkSize)).toString(), text.repeat(3));
    }
  });

  test(`${format}: an end anywhere too early is an error`, async () => {
    const twice = Buffer.concat([sample, sample]);
    for (let length = 0; length < twice.byteLength; length += 1) {
      const undone = undo(twice.subarray(0, length), { compression: format });
      if (length === sample.byteLength) assert.equal((await undone).toString(), text);
      else await assert.rejects(undone, { kind: 'corrupt' }, `cut at ${length}`);
    }
    await assert.rejects(undo(sample.subarray(0, -3)), { kind: 'corrupt', code: 'compression-truncated' });
  });

  test(`${format}: garbage behind it is an error`, async () => {
    for (const chunkSize of [sample.byteLength, 1000]) {
      await assert.rejects(undo(Buffer.concat([sample, Buffer.from('garbage')]), {}, chunkSize), {
        kind: 'corrupt',
      });
    }
  });

  test(`${format}: damage to any bit is an error or changes nothing`, async () => {
    for (let bit = 0; bit < sample.byteLength * 8; bit += 1) {
      const damaged = Buffer.from(sample);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const undone = await undo(damaged, { compression: format }).catch((error: unknown) => error);
      if (Buffer.isBuffer(undone)) assert.equal(undone.toString(), text, `bit ${bit}`);
      else assert.equal((undone as Error).name, 'LamellaError', `bit ${bit}: ${String(undone)}`);
    }
  });

  test(`${format}: leaving early closes the source`, async () => {
    let closed = false;
    async function* source(): ByteStream {
      try {
        for (;;) yield sample;
      } finally {
        closed = true;
      }
    }
    for await (const piece of decompress(source())) if (piece.byteLength > 0) break;
    assert.ok(closed);
  });

  test(`${format}: what its source throws comes out`, async () => {
    async function* source(): ByteStream {
      yield sample.subarray(0, 12);
      throw new Error('the network went away');
    }
    await assert.rejects(collect(decompress(source())), { message: 'the network went away' });
  });

  test(`${format}: more bytes than the limit are an error`, async () => {
    assert.equal((await undo(sample, { limits: { maxBytes: text.length } })).toString(), text);
    await assert.rejects(undo(sample, { limits: { maxBytes: text.length - 1 } }), { code: 'too-large' });
  });

  test(`${format}: a signal stops it`, async () => {
    await assert.rejects(undo(sample, { signal: AbortSignal.abort() }), {
      kind: 'cancelled',
      code: 'cancelled',
    });
  });
}

for (const format of ['gzip', 'bzip2'] as const) {
  test(`${format}: zeros behind it are padding`, async () => {
    const padded = Buffer.concat([samples[format], Buffer.alloc(10_000)]);
    for (const chunkSize of [1, samples[format].byteLength, 4096, 1 << 20]) {
      assert.equal((await undo(padded, {}, chunkSize)).toString(), text);
    }
  });

  test(`${format}: garbage behind zeros is an error`, async () => {
    const padded = Buffer.concat([samples[format], Buffer.alloc(10_000), Buffer.from('x')]);
    for (const chunkSize of [1, 4096, 1 << 20]) {
      await assert.rejects(undo(padded, {}, chunkSize), { code: 'compression-trailing-garbage' });
    }
  });
}

test('xz: stream padding is accepted in fours only', async () => {
  const { xz } = samples;
  assert.equal(
    (await undo(Buffer.concat([xz, Buffer.alloc(8), xz, Buffer.alloc(4)]))).toString(),
    text.repeat(2),
  );
  await assert.rejects(undo(Buffer.concat([xz, Buffer.alloc(3)])), { code: 'compression-trailing-garbage' });
});

test('zstd: skippable frames are passed over, in front too', async () => {
  const skippable = Buffer.concat([Buffer.from('562a4d1805000000', 'hex'), Buffer.from('audit')]);
  const frames = Buffer.concat([skippable, samples.zstd, skippable, samples.zstd, skippable]);
  assert.equal(detectCompression(frames.subarray(0, 6)), 'zstd');
  for (const chunkSize of [1, 1000])
    assert.equal((await undo(frames, {}, chunkSize)).toString(), text.repeat(2));
});

test('zstd: a window over the limit is refused before it is asked for', async () => {
  // A frame header that asks for 2 GiB and 3.75 TiB, RFC 8878 section 3.1.1.1.2.
  for (const descriptor of [0xa8, 0xff]) {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, descriptor, 0x01, 0x00, 0x00]);
    await assert.rejects(undo(frame), { kind: 'invalid', code: 'compression-window' });
  }
  await assert.rejects(undo(zstdCompressSync(randomBytes(5000)), { limits: { maxWindow: 4096 } }), {
    code: 'compression-window',
  });
});

test('many frames and members of awkward sizes give every byte', async () => {
  for (const size of [1, 65_535, 65_536, 131_072, 200_001]) {
    const parts = Array.from({ length: 9 }, () => randomBytes(size));
    for (const make of [gzipSync, zstdCompressSync]) {
      const whole = Buffer.concat(parts.map((part) => make(part)));
      assert.ok((await undo(whole, {}, 70_000)).equals(Buffer.concat(parts)));
    }
  }
});

test('what is compressed by nothing passes as it is', async () => {
  assert.equal(detectCompression(Buffer.alloc(512)), 'none');
  assert.equal((await undo(Buffer.from('tar'))).toString(), 'tar');
  assert.equal((await undo(Buffer.alloc(0))).byteLength, 0);
});

test('a tar whose first name begins as bzip2 does is none', () => {
  assert.equal(detectCompression(Buffer.from('BZh9-archive/file')), 'none');
  assert.equal(detectCompression(Buffer.from('BZhello')), 'none');
});

function zeros(size: number): ByteStream {
  return (async function* () {
    const piece = Buffer.alloc(1 << 20);
    for (let left = size; left > 0; left -= piece.byteLength)
      yield piece.subarray(0, Math.min(left, piece.byteLength));
  })();
}

test('a ratio over the limit is an error, but only beyond the floor', async () => {
  for (const format of ['gzip', 'zstd'] as const) {
    const bomb = await collect(compress(zeros(64 << 20), format));
    const limits = { ratioFloor: 16 << 20 };
    await assert.rejects(undo(bomb, { limits }), { kind: 'invalid', code: 'compression-bomb' });
    assert.equal((await undo(bomb)).byteLength, 64 << 20);
    assert.equal((await undo(bomb, { limits: { ...limits, maxRatio: Infinity } })).byteLength, 64 << 20);
  }
});

for (const format of ['gzip', 'zstd'] as const) {
  test(`compress() makes ${format} that others read, the same each time`, async () => {
    const content = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000, 'text ')]);
    const once = await collect(compress(inChunks(content, 1000), format));
    const again = await collect(compress(inChunks(content, 77_777), format));
    assert.equal(sha256(once), sha256(again));
    assert.deepEqual(format === 'gzip' ? gunzipSync(once) : zstdDecompressSync(once), content);
    assert.deepEqual(await undo(once), content);
    const other = await collect(compress(inChunks(content), format, { level: 1 }));
    assert.notEqual(sha256(other), sha256(once));
    assert.deepEqual(await undo(other), content);
  });
}

test('a gzip header names neither time, name nor system', async () => {
  const header = (await collect(compress(inChunks(Buffer.from(text)), 'gzip'))).subarray(0, 10);
  assert.equal(header.toString('hex'), '1f8b08000000000000ff');
});

test('a slow consumer holds the source back', async () => {
  let given = 0;
  async function* source(): ByteStream {
    for (let index = 0; index < 64; index += 1) {
      given += 1 << 20;
      yield randomBytes(1 << 20);
    }
  }
  const reader = compress(source(), 'gzip')[Symbol.asyncIterator]();
  await reader.next();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(given <= 8 << 20, `${given} bytes were taken for one piece`);
  await reader.return?.();
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
