import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test, { type TestContext } from 'node:test';
import { compress, decompress } from '../../src/tar/compression.ts';
import { inChunks } from '../support/tar-archive.ts';

/** Machine code, text, noise, long runs and far repetitions: what rootfs tars are made of. */
const content = Buffer.concat([
  readFileSync(process.execPath).subarray(0, 1_500_000),
  Buffer.alloc(700_000, 'all work and no play makes jack a dull boy\n'),
  randomBytes(100_000),
  Buffer.alloc(900_000),
  Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index * 7919} of a log\n`).join('')),
  readFileSync(process.execPath).subarray(800_000, 1_200_000),
]);

function program(
  t: TestContext,
  command: string,
  args: readonly string[],
  input: Uint8Array,
): Buffer | undefined {
  const { error, status, stdout, stderr } = spawnSync(command, args, { input, maxBuffer: 1 << 28 });
  if (error !== undefined) {
    t.skip(`${command} is not on this machine`);
    return undefined;
  }
  assert.equal(status, 0, stderr.toString());
  return stdout;
}

async function undo(bytes: Uint8Array, chunkSize = 1 << 20): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(decompress(inChunks(bytes, chunkSize))));
}

function same(left: Uint8Array, right: Uint8Array): void {
  assert.equal(left.byteLength, right.byteLength);
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  assert.equal(digest(left), digest(right));
}

const variants: readonly (readonly [command: string, ...args: readonly string[]])[] = [
  ['gzip', '-9'],
  ['gzip', '-1'],
  ['bzip2', '-1'],
  ['bzip2', '-9'],
  ['zstd', '-19'],
  ['zstd', '--ultra', '--long=27'],
  ['zstd', '--no-check', '-1'],
  ['xz', '-0'],
  ['xz', '-6'],
  ['xz', '-8e'],
  ['xz', '-1', '--check=none'],
  ['xz', '-1', '--check=crc32'],
  ['xz', '-1', '--check=sha256'],
  ['xz', '-1', '-T2', '--block-size=1MiB'],
  ['xz', '--lzma2=preset=1,lc=0,lp=2,pb=0'],
  ['xz', '--lzma2=preset=1,lc=4,lp=0,pb=4'],
  ['xz', '--lzma2=preset=1,dict=4KiB'],
  ['xz', '--x86', '--lzma2=preset=1'],
  ['xz', '--arm', '--lzma2=preset=1'],
  ['xz', '--delta=dist=4', '--lzma2=preset=1'],
];

for (const [command, ...args] of variants) {
  test(`what ${command} ${args.join(' ')} compresses comes back byte for byte`, async (t) => {
    const made = program(t, command, [...args, '-c'], content);
    if (made !== undefined) same(await undo(made), content);
  });
}

test('xz --arm64 comes back byte for byte', async (t) => {
  const help = spawnSync('xz', ['--long-help']);
  if (help.error !== undefined || !help.stdout.toString().includes('--arm64')) {
    t.skip('no xz 5.4 or newer on this machine');
    return;
  }
  const made = program(t, 'xz', ['--arm64', '--lzma2=preset=1', '-c'], content);
  if (made !== undefined) same(await undo(made), content);
});

for (const command of ['gzip', 'bzip2', 'xz', 'zstd']) {
  test(`what ${command} wrote in three pieces, one after the other, comes back as one`, async (t) => {
    const parts = [content.subarray(0, 10_000), Buffer.alloc(0), content.subarray(10_000, 600_000)];
    const made: Buffer[] = [];
    for (const part of parts) {
      const bytes = program(t, command, ['-c'], part);
      if (bytes === undefined) return;
      made.push(bytes);
    }
    same(await undo(Buffer.concat(made), 1000), content.subarray(0, 600_000));
  });

  test(`${command}: damage in the middle is found`, async (t) => {
    const made = program(t, command, ['-1', '-c'], content.subarray(0, 1_500_000));
    if (made === undefined) return;
    for (const part of [0.2, 0.5, 0.9]) {
      const damaged = Buffer.from(made);
      damaged[Math.floor(damaged.byteLength * part)]! ^= 0x10;
      await assert.rejects(undo(damaged), { kind: 'corrupt' });
    }
    await assert.rejects(undo(made.subarray(0, made.byteLength >> 1)), { code: 'compression-truncated' });
  });
}

for (const format of ['gzip', 'zstd'] as const) {
  test(`the ${format} program reads what compress() makes`, async (t) => {
    const made = Buffer.concat(await Array.fromAsync(compress(inChunks(content), format)));
    const back = program(t, format, ['-dc'], made);
    if (back !== undefined) same(back, content);
  });
}
