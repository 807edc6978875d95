import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { runCommand } from '../support/command.ts';
import { makeTinyArchive, temporaryFolder } from '../support/tiny-image.ts';

const checkout = join(import.meta.dirname, '..', '..');

/** The indented block of a Markdown file that uses the library. */
function exampleOf(file: string): string {
  const text = readFileSync(join(checkout, file), 'utf8');
  const blocks = text.match(/(?:^(?: {4}.*)?\n)+/gm) ?? [];
  const example = blocks.find((block) => block.includes("from 'lamella'"));
  assert.ok(example !== undefined, `${file} has no example`);
  return example.replace(/^ {4}/gm, '').trim();
}

test('the example of the README runs', async (t) => {
  const folder = temporaryFolder(t);
  await makeTinyArchive(folder);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(checkout, join(folder, 'node_modules', 'lamella'));
  writeFileSync(join(folder, 'example.mjs'), exampleOf('README.md'));
  const { code, stdout, stderr } = await runCommand(process.execPath, ['example.mjs'], { cwd: folder });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^sha256:[0-9a-f]{64}\n\[ 'mine:1' \] [1-9]\d*\n$/);
});

test('the Chinese README has the same example', () => {
  assert.equal(exampleOf('README.zh-CN.md'), exampleOf('README.md'));
});
