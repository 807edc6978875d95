import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { settle } from '../harness/caches.ts';
import { succeeds, timed } from '../harness/timed.ts';
import type { Bench } from '../measures/measure.ts';
import { bareRun } from './bare-run.ts';
import { pullParts } from './pull-parts.ts';

/** What the machine itself takes for a part of the work: no engine on it can be faster. */
export interface Bound {
  readonly id: string;
  readonly title: string;
  /** Seconds. */
  run(bench: Bench): number;
}

const node = process.execPath;
const reader = join(import.meta.dirname, 'read-through.ts');

/** The program of ISA-L (Debian's package isal), with which Lamella unpacks where that is installed. */
const hasIgzip = succeeds({ argv: ['igzip', '--version'] });

export const bounds: readonly Bound[] = [
  {
    id: 'write',
    title: 'write and sync the 820 MB archive',
    run({ fixtures, out }) {
      const copy = join(out, 'copy');
      settle();
      const { seconds } = timed({
        argv: ['dd', `if=${fixtures.image}`, `of=${copy}`, 'bs=1M', 'conv=fsync'],
      });
      rmSync(copy);
      return seconds;
    },
  },
  {
    id: 'sha256',
    title: 'SHA-256 of the 820 MB archive, one core',
    run: ({ fixtures }) => timed({ argv: [node, reader, 'sha256', fixtures.image] }).seconds,
  },
  {
    id: 'gunzip',
    title: 'gunzip of the 197 MB root, one core',
    run: ({ fixtures }) => timed({ argv: [node, reader, 'gunzip', fixtures.rootGzip] }).seconds,
  },
  {
    id: 'pull-parts',
    title: 'pull: gunzip (zlib) and SHA-256 on all cores, or the disk',
    run: (bench) => pullParts(bench, 'zlib'),
  },
  ...(hasIgzip
    ? [
        {
          id: 'pull-parts-igzip',
          title: 'pull: gunzip (igzip) and SHA-256 on all cores, or the disk',
          run: (bench: Bench) => pullParts(bench, 'igzip'),
        },
      ]
    : []),
  { id: 'node', title: 'node -e 0', run: () => timed({ argv: [node, '-e', '0'] }).seconds },
  { id: 'runc', title: 'runc run … true', run: bareRun },
];
