import { readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { settle } from '../harness/caches.ts';
import { timed } from '../harness/timed.ts';
import type { Bench } from '../measures/measure.ts';

const reader = join(import.meta.dirname, 'read-through.ts');

/** How gzip is unpacked: by Node.js's zlib, or by ISA-L, whose program is igzip. */
export type Unpacker = 'zlib' | 'igzip';

/**
 * What pulling the gzip image must cost at least: unpacking each layer and hashing both its forms, all cores at work all
 * the time; or writing both forms durably, whichever takes longer. Reading from the registry's socket is not counted.
 */
export function pullParts({ fixtures, out }: Bench, unpacker: Unpacker): number {
  const folder = dirname(fixtures.rootGzip);
  const packed = readdirSync(folder)
    .filter((name) => name.endsWith('.tar.gz'))
    .map((name) => join(folder, name));
  const empty = through('sha256', '/dev/null');
  const gunzip = packed.reduce(
    (sum, file) => sum + (unpacker === 'zlib' ? through('gunzip', file) - empty : throughIgzip(file)),
    0,
  );
  const hash = [fixtures.image, fixtures.imageGzip].reduce(
    (sum, file) => sum + through('sha256', file) - empty,
    0,
  );
  const disk = [fixtures.image, fixtures.imageGzip].reduce((sum, file) => sum + copyDurably(file, out), 0);
  return Math.max((gunzip + hash) / availableParallelism(), disk);
}

function through(what: 'sha256' | 'gunzip', file: string): number {
  return timed({ argv: [process.execPath, reader, what, file] }).seconds;
}

function throughIgzip(file: string): number {
  return timed({ argv: ['sh', '-c', 'exec igzip -dc "$0" >/dev/null', file] }).seconds;
}

function copyDurably(file: string, out: string): number {
  const copy = join(out, 'copy');
  settle();
  const { seconds } = timed({ argv: ['dd', `if=${file}`, `of=${copy}`, 'bs=1M', 'conv=fsync'] });
  rmSync(copy);
  return seconds;
}
