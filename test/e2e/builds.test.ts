import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { displayByteString } from '../../src/base/byte-string.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { createFakeIo } from '../../src/cli/testing/fake-io.ts';
import { openEngine } from '../../src/engine/engine.ts';
import { readSettings } from '../../src/engine/settings.ts';
import { openStore } from '../../src/engine/store.ts';
import type { LowerDirectory } from '../../src/layers/lower-view.ts';
import { unpackedType } from '../../src/build/copy/member-type.ts';
import { buildCases, makeContext, type BuildCase } from '../support/build-cases.ts';
import { recordedConfig, type RecordedBuild } from '../support/build-record.ts';

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'builds', 'recorded.json'), 'utf8'),
) as Record<string, RecordedBuild>;

const root = mkdtempSync(join(tmpdir(), 'lamella-builds-'));
after(() => rmSync(root, { recursive: true }));

for (const each of buildCases) {
  test(`builds as BuildKit does: ${each.name.replaceAll('\n', '; ')}`, async () => {
    assert.deepEqual(await built(each), recorded[each.name]);
  });
}

async function built(each: BuildCase): Promise<RecordedBuild> {
  const folder = mkdtempSync(join(root, 'case-'));
  const context = join(folder, 'context');
  mkdirSync(context);
  makeContext(context, each);
  writeFileSync(join(folder, 'Dockerfile'), each.dockerfile);
  const io = createFakeIo();
  const store = join(root, 'store');
  const argv = ['build', '-q', '-f', join(folder, 'Dockerfile'), ...(each.args ?? []), context];
  const code = await runCommandLine(['--root', store, ...argv], {
    io,
    version: '0',
    openEngine: async (options) => openEngine(options),
  });
  if (code !== 0)
    return {
      error: io.output.stderr.split('\n').findLast((line) => line.startsWith('ERROR: ')) ?? io.output.stderr,
    };
  return await describe(store, io.output.stdout.trim());
}

async function describe(path: string, id: string): Promise<RecordedBuild> {
  await using engine = openEngine({ root: path });
  const inspected = (await (await engine.images()).inspect(id)) as Record<string, unknown>;
  using store = openStore(readSettings({ root: path }));
  const { diffIds } = await store.images.config(store.images.find(id).id);
  using view = (await store.layers()).openView(diffIds);
  return { tree: [...linesOf(view, '')].sort(), config: recordedConfig(inspected) };
}

function* linesOf(directory: LowerDirectory, prefix: string): Generator<string> {
  for (const name of directory.names()) {
    const entry = directory.lookup(name);
    if (entry === undefined) continue;
    const { status } = entry;
    const type = unpackedType(status.mode);
    const path = prefix + displayByteString(name);
    let what = '';
    if (type === 'symlink') what = ` -> ${displayByteString(entry.readlink())}`;
    if (type === 'file') {
      const hash = createHash('sha256').update(entry.read(0, status.size)).digest('hex');
      what = ` ${hash.slice(0, 8)}`;
    }
    yield `${type} ${(status.mode & 0o7777).toString(8)} ${status.uid}:${status.gid} ${path}${what}`;
    if (entry.directory !== undefined) yield* linesOf(entry.directory, `${path}/`);
  }
}
