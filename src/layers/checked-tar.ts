import { open, readFile, type FileHandle } from 'node:fs/promises';
import { LamellaError } from '../base/errors.ts';
import { unlessMissing } from '../base/files.ts';
import { readChunks, type ByteStream } from '../base/streams.ts';
import { Digester, type Digest } from '../oci/digest.ts';
import { ChunkSums, differingRanges, parseSums } from './chunk-sums.ts';
import type { LayerPaths } from './layer-paths.ts';

/**
 * A layer's tar, checked while it flows: whoever reads it had the right bytes if it ends without an error. By its checksums,
 * which costs half of what the digest does; by the digest where they are missing or damaged.
 *
 * @throws LamellaError corrupt `layer-corrupt`, after `onDamage`
 */
export async function* checkedTar(
  { tar, sums }: LayerPaths,
  diffId: Digest,
  { lend, onDamage }: { lend: boolean; onDamage: () => void },
): ByteStream {
  const expected = await unlessMissing(readFile(sums)).then((bytes) => bytes && parseSums(bytes));
  const check = expected === undefined ? digestCheck(diffId) : sumsCheck(expected);
  const file = await unlessMissing(open(tar, 'r'));
  let problem: string | undefined = 'its tar is missing';
  if (file !== undefined) {
    yield* checked(file, lend, check);
    problem = check.problem();
  }
  if (problem === undefined) return;
  onDamage();
  throw new LamellaError('corrupt', `layer ${diffId} is damaged: ${problem}`, {
    code: 'layer-corrupt',
    hint: 'See what is hit with system check. Load or pull the image again: good content replaces what is damaged.',
  });
}

interface Check {
  update(bytes: Uint8Array): void;
  problem(): string | undefined;
}

async function* checked(file: FileHandle, lend: boolean, check: Check): ByteStream {
  await using tar = file;
  for await (const piece of readChunks(tar, { lend })) {
    check.update(piece);
    yield piece;
  }
}

function sumsCheck(expected: readonly number[]): Check {
  const found = new ChunkSums();
  return {
    update: (bytes) => found.update(bytes),
    problem() {
      const ranges = differingRanges(expected, found.finish());
      if (ranges.length === 0) return undefined;
      return `bytes ${ranges.map(({ start, end }) => `${start}–${end}`).join(', ')} of its tar have changed`;
    },
  };
}

function digestCheck(diffId: Digest): Check {
  const digester = new Digester();
  return {
    update: (bytes) => digester.update(bytes),
    problem() {
      const found = digester.digest();
      return found === diffId ? undefined : `its tar hashes to ${found}`;
    },
  };
}
