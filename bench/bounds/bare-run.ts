import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../fixtures/tool.ts';
import { timed } from '../harness/timed.ts';
import type { Bench } from '../measures/measure.ts';

interface Spec {
  process: { terminal: boolean; args: string[] };
  root: { path: string; readonly: boolean };
}

/** The OCI runtime alone, on an unpacked root file system: nothing that starts a container through it can be faster. */
export function bareRun({ fixtures, out }: Bench): number {
  const bundle = join(out, 'bundle');
  mkdirSync(bundle);
  tool('runc', 'spec', '--bundle', bundle);
  const path = join(bundle, 'config.json');
  const spec = JSON.parse(readFileSync(path, 'utf8')) as Spec;
  spec.process.terminal = false;
  spec.process.args = ['true'];
  spec.root = { path: fixtures.root, readonly: true };
  writeFileSync(path, JSON.stringify(spec));
  const { seconds } = timed({ argv: ['runc', 'run', '--bundle', bundle, 'lamella-bench'] });
  rmSync(bundle, { recursive: true });
  return seconds;
}
