import assert from 'node:assert/strict';
import { globSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { CheckReport } from '../../src/engine/ports/system-engine.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { makeImage, makeLayer, ociLayout, tarOf } from '../support/archives.ts';
import { type CommandResult } from '../support/command.ts';
import { makeLabFolder, runHere } from '../support/crash-lab.ts';

const layer = makeLayer({ 'etc/one': 'one '.repeat(600), 'etc/two': 'two '.repeat(50_000) });
const other = makeLayer({ 'bin/three': 'three' });
const image = makeImage([layer, other], ['hurt:1', 'hurt:2']);
const archive = tarOf(ociLayout([image], 'gzip'));

interface Lab {
  readonly root: string;
  readonly layerFolder: string;
  lamella(...args: string[]): Promise<CommandResult>;
  load(): Promise<CommandResult>;
  check(): Promise<CheckReport>;
}

async function openLab(t: TestContext): Promise<Lab> {
  const folder = makeLabFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  const root = join(folder, 'store');
  const file = join(folder, 'archive.tar');
  writeFileSync(file, archive);
  const lab: Lab = {
    root,
    layerFolder: join(root, 'layers', digestHex(layer.diffId)),
    lamella: (...args) => runHere(root, args),
    load: () => runHere(root, ['load', '-i', file]),
    async check() {
      const { code, stdout } = await runHere(root, ['--json', 'system', 'check']);
      const report = JSON.parse(stdout) as CheckReport;
      assert.equal(code, report.damage.length > 0 ? 1 : 0);
      return report;
    },
  };
  assert.equal((await lab.load()).code, 0);
  assert.deepEqual((await lab.check()).damage, []);
  return lab;
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const byte = bytes[at];
  assert.ok(byte !== undefined, `${path} has no byte ${at}`);
  bytes[at] = byte ^ 1;
  writeFileSync(path, bytes);
}

const tarEnd = layer.tar.byteLength - 1;
const contentOfTwo = layer.tar.indexOf('two two');

const tarDamages: readonly (readonly [
  what: string,
  hurt: (tar: string) => void,
  files: readonly string[],
])[] = [
  ['a bit of a file', (tar) => flip(tar, contentOfTwo + 150_000), ['etc/two']],
  ['a bit of a header', (tar) => flip(tar, 512 * 6 + 3), ['etc/one', 'etc/two']],
  ['a bit of the padding', (tar) => flip(tar, tarEnd), ['etc/two']],
  ['half of the tar', (tar) => truncateSync(tar, 512 * 100), ['etc/two']],
  ['all of the tar', (tar) => rmSync(tar), []],
];

for (const [what, hurt, files] of tarDamages) {
  test(`${what} lost: check names layer, images and files, and loading again heals`, async (t) => {
    const lab = await openLab(t);
    hurt(join(lab.layerFolder, 'tar'));

    const { damage } = await lab.check();
    assert.equal(damage.length, 1);
    assert.equal(damage[0]?.kind, 'layer');
    assert.equal(damage[0].subject, layer.diffId);
    assert.deepEqual(damage[0].images.toSorted(), ['hurt:1', 'hurt:2']);
    for (const file of files)
      assert.ok(
        damage[0].files.some(({ path }) => path === file),
        `${file} is not named`,
      );

    const repaired = await lab.lamella('system', 'check', '--repair');
    assert.equal(repaired.code, 1, 'a tar cannot be made from nothing');
    const printed = repaired.stdout;
    for (const word of [layer.diffId, 'hurt:1', ...files]) assert.ok(printed.includes(word), printed);
    // What is kept besides, the compressed layer, is still good.
    const saved = await lab.lamella('save', 'hurt:1');
    assert.equal(saved.code, 0, saved.stderr);

    const healed = await lab.load();
    assert.equal(healed.code, 0, healed.stderr);
    assert.deepEqual((await lab.check()).damage, []);
    assert.deepEqual(readFileSync(join(lab.layerFolder, 'tar')), layer.tar);
  });
}

test('a damaged layer of which only the tar is kept is not saved as if it were good, and loading heals it unchecked', async (t) => {
  const lab = await openLab(t);
  const plain = join(lab.root, '../plain.tar');
  writeFileSync(plain, tarOf(ociLayout([makeImage([layer], ['plain:1'])], 'none')));
  assert.equal((await lab.lamella('load', '-i', plain)).code, 0);
  flip(join(lab.layerFolder, 'tar'), contentOfTwo);
  const target = join(lab.root, '../saved.tar');
  const saved = await lab.lamella('save', '-o', target, 'plain:1');
  assert.equal(saved.code, 1);
  assert.match(saved.stderr, new RegExp(`layer ${layer.diffId} is damaged: bytes 0–65536`));
  assert.equal(statSync(target, { throwIfNoEntry: false }), undefined);
  assert.equal((await lab.lamella('load', '-i', plain)).code, 0);
  assert.deepEqual((await lab.check()).damage, []);
  assert.equal((await lab.lamella('save', '-o', target, 'plain:1')).code, 0);
});

for (const part of ['index', 'sums']) {
  for (const [what, hurt] of [
    ['a flipped bit in', (path: string) => flip(path, statSync(path).size >> 1)],
    ['an empty file instead of', (path: string) => truncateSync(path, 0)],
    ['no file instead of', (path: string) => rmSync(path)],
  ] as const) {
    test(`${what} the ${part} is found, and made again from the tar, or by loading`, async (t) => {
      const lab = await openLab(t);
      const path = join(lab.layerFolder, part);
      const good = readFileSync(path);
      hurt(path);
      const { damage } = await lab.check();
      assert.equal(damage[0]?.subject, layer.diffId);
      assert.match(damage[0].problem, new RegExp(`^${part}: `));
      assert.deepEqual(damage[0].images.toSorted(), ['hurt:1', 'hurt:2']);
      assert.equal((await lab.lamella('system', 'check', '--repair')).code, 0);
      assert.deepEqual(readFileSync(path), good);
      hurt(path);
      assert.equal((await lab.check()).damage.length, 1);
      assert.equal((await lab.load()).code, 0);
      assert.deepEqual(readFileSync(path), good);
      assert.deepEqual((await lab.check()).damage, []);
    });
  }
}

test('a damaged or missing blob, be it config, manifest or compressed layer, is named, and loading again heals', async (t) => {
  const lab = await openLab(t);
  const blobs = globSync(join(lab.root, 'blobs/sha256/*'));
  assert.equal(blobs.length, 4);
  for (const blob of blobs) {
    const good = readFileSync(blob);
    for (const hurt of [
      () => flip(blob, good.byteLength >> 1),
      () => truncateSync(blob, 0),
      () => rmSync(blob),
    ]) {
      hurt();
      const { damage } = await lab.check();
      const found = damage.find(({ kind }) => kind === 'blob');
      assert.equal(found?.subject, `sha256:${blob.split('/').at(-1)}`);
      assert.deepEqual(found.images.toSorted(), ['hurt:1', 'hurt:2']);
      const healed = await lab.load();
      assert.equal(healed.code, 0, healed.stderr);
      assert.deepEqual(readFileSync(blob), good);
      assert.deepEqual((await lab.check()).damage, []);
    }
  }
});

test('with all blobs gone, or all layers, images are still listed, check tells, and loading again heals', async (t) => {
  for (const folder of ['blobs', 'layers']) {
    const lab = await openLab(t);
    rmSync(join(lab.root, folder), { recursive: true });
    const { stdout } = await lab.lamella('images', '-q');
    assert.ok(stdout.includes(image.id.slice(7, 19)));
    assert.ok((await lab.check()).damage.length >= 2);
    const healed = await lab.load();
    assert.equal(healed.code, 0, healed.stderr);
    assert.deepEqual((await lab.check()).damage, []);
  }
});

test('a damaged database is told as that, with what to do', async (t) => {
  const lab = await openLab(t);
  const path = join(lab.root, 'lamella.db');
  const bytes = readFileSync(path);
  bytes.fill(0xff, 100, 3000);
  writeFileSync(path, bytes);
  const { code, stderr, stdout } = await lab.lamella('system', 'check');
  assert.equal(code, 1);
  assert.match(stderr + stdout, /damaged|database/);
  assert.doesNotMatch(stderr, /at .*\.ts/);
});
