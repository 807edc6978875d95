import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { removeTree, writeFileAtomically } from './files.ts';
import { visitTree } from './visit-tree.ts';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-files-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Nested deeper than a path can name: made from the inside out. */
function makeDeepTree(folder: string, tree: string, depth: number): void {
  const inner = join(folder, 'inner');
  mkdirSync(inner);
  writeFileSync(join(inner, 'innermost'), 'content');
  for (let level = 0; level < depth; level += 1) {
    const outer = join(folder, 'outer');
    mkdirSync(outer);
    writeFileSync(join(outer, 'file'), 'x');
    renameSync(inner, join(outer, 'd'.repeat(200)));
    renameSync(outer, inner);
  }
  renameSync(inner, tree);
}

test('removeTree() removes a tree that is nested deeper than a path can name', async (t) => {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  makeDeepTree(folder, tree, 60);
  writeFileSync(join(folder, 'beside'), '');
  symlinkSync('../beside', join(tree, 'link'));
  await removeTree(tree);
  assert.ok(!existsSync(tree));
  assert.ok(existsSync(join(folder, 'beside')));
});

test('removeTree() removes names that are not UTF-8, and does not mind what is not there', async (t) => {
  const tree = join(temporaryFolder(t), 'tree');
  mkdirSync(tree);
  mkdirSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.of(0xff, 0xfe)]));
  await removeTree(tree);
  assert.ok(!existsSync(tree));
  await removeTree(tree);
});

test('visitTree() sees every file once for each name, however deep, and follows no symlink', async (t) => {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  makeDeepTree(folder, tree, 60);
  t.after(() => removeTree(tree));
  mkdirSync(join(folder, 'beside'));
  writeFileSync(join(folder, 'beside', 'large'), 'x'.repeat(1000));
  symlinkSync('../beside', join(tree, 'link'));
  linkSync(join(tree, 'file'), join(tree, 'again'));
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.of(0xff)]), 'yy');
  let bytes = 0;
  let directories = 0;
  await visitTree(tree, (status) => {
    if (status.isFile()) bytes += status.size;
    if (status.isDirectory()) directories += 1;
  });
  assert.equal(directories, 61);
  assert.equal(bytes, 60 + 'content'.length + 1 + 2);
  await visitTree(join(folder, 'nothing'), () => assert.fail('there is nothing to see'));
});

test('writeFileAtomically() leaves the old content, and nothing beside it, where the new one cannot be written', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'file');
  await writeFileAtomically(path, 'old');
  const notContent = {} as unknown as string;
  await assert.rejects(writeFileAtomically(path, notContent));
  assert.equal(readFileSync(path, 'utf8'), 'old');
  await writeFileAtomically(path, 'new', { mode: 0o600 });
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.deepEqual(readdirSync(folder), ['file']);
});
