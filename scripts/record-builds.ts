/**
 * Builds the cases of test/support/build-cases.ts with BuildKit and writes down what came of them.
 * Those that are written down already stay as they are, unless --all is given.
 * usage: DOCKER='docker …' scripts/node scripts/record-builds.ts   (DOCKER is split at spaces; it must see the system's temporary folder)
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCases, makeContext } from '../test/support/build-cases.ts';
import { recordedConfig, treeOfTar, type RecordedBuild } from '../test/support/build-record.ts';

const docker = (process.env['DOCKER'] ?? 'docker').split(' ');
const path = join(import.meta.dirname, '..', 'test', 'builds', 'recorded.json');
const existing = JSON.parse(readFileSync(path, 'utf8')) as Record<string, RecordedBuild>;
const records: Record<string, RecordedBuild> = {};

for (const each of buildCases) {
  const known = process.argv.includes('--all') ? undefined : existing[each.name];
  if (known !== undefined) {
    records[each.name] = known;
    continue;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lamella-record-'));
  try {
    const context = join(folder, 'context');
    spawnSync('mkdir', [context]);
    makeContext(context, each);
    writeFileSync(join(folder, 'Dockerfile'), each.dockerfile);
    const tar = join(folder, 'out.tar');
    const build = ['build', '--progress', 'plain', '--provenance=false', '-f', join(folder, 'Dockerfile')];
    const args = [...(each.args ?? []), context];
    const toTar = run([...build, '-o', `type=tar,dest=${tar}`, ...args]);
    if (toTar.status !== 0) {
      const line = toTar.stderr.split('\n').findLast((text) => text.startsWith('ERROR: '));
      records[each.name] = { error: withoutPlaces(line ?? toTar.stderr) };
    } else {
      run([...build, '-t', 'lamella-record', ...args]);
      const inspected = JSON.parse(run(['inspect', 'lamella-record']).stdout) as [Record<string, unknown>];
      records[each.name] = { tree: await treeOfTar(readFileSync(tar)), config: recordedConfig(inspected[0]) };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
writeFileSync(path, `${JSON.stringify(records, undefined, 1)}\n`);

function run(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const [file = '', ...words] = docker;
  return spawnSync(file, [...words, ...args], { encoding: 'utf8' });
}

/** Without what differs each time: references of the snapshot, and where BuildKit keeps it. */
function withoutPlaces(line: string): string {
  return line
    .replace(/failed to compute cache key: failed to calculate checksum of ref \S+: /, '')
    .replace(/\/var\/lib\/docker\/overlay2\/[^/]+\/(merged|diff)/, '');
}
