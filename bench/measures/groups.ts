import { commit } from './commit.ts';
import { exec } from './exec.ts';
import { importGzip, importTar } from './import.ts';
import { listTen, listThousand } from './list.ts';
import { loadGzip } from './load-gzip.ts';
import { load } from './load.ts';
import { manyAtOnce } from './many-at-once.ts';
import type { Measure } from './measure.ts';
import { network, runBridge } from './network.ts';
import { logs, output } from './output.ts';
import { pull, pullAgain, pullSlow, pullZstd } from './pull.ts';
import { push, pushAgain } from './push.ts';
import { readCold, readWarm } from './read.ts';
import { rmi } from './rmi.ts';
import { run } from './run.ts';
import { save } from './save.ts';

/** Measures in the order they are taken. Those of one group take turns, each leaving what the next one starts from. */
export const groups: readonly (readonly Measure[])[] = [
  [load, save, rmi],
  [loadGzip],
  [pull, pullAgain],
  [pullZstd],
  [pullSlow],
  [push, pushAgain],
  [importTar, importGzip],
  [commit],
  [run],
  [runBridge],
  [exec],
  [manyAtOnce],
  [output],
  [logs],
  [network],
  [readCold],
  [readWarm],
  [listTen],
  [listThousand],
];
