import assert from 'node:assert/strict';
import test from 'node:test';
import { openContext } from '../output/open-context.ts';
import { createFakeEngine } from '../testing/fake-engine.ts';
import { createFakeIo, type FakeIo } from '../testing/fake-io.ts';
import { createProgress } from './progress.ts';

function progressOn(io: FakeIo, mode: string, total?: number): ReturnType<typeof createProgress> {
  const context = openContext({
    io,
    language: 'en',
    commandName: 'lamella load',
    json: false,
    progress: mode,
    openEngine: async () => createFakeEngine(),
  });
  return createProgress(context, { total });
}

/** What a terminal shows after the escape sequences: lines up, clear line, clear below. */
function screen(text: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  for (const [, up, clear, rest, newline, plain] of text.matchAll(
    /\u001B\[(\d+)A|(\u001B\[2K)|(\u001B\[J)|(\n)|(?:\r|\u001B\[\d*m)|([^\u001B\r\n]+)/g,
  )) {
    if (up !== undefined) row -= Number(up);
    else if (clear !== undefined) lines[row] = '';
    else if (rest !== undefined) lines.length = row + 1;
    else if (newline !== undefined) lines[++row] ??= '';
    else if (plain !== undefined) lines[row] += plain;
  }
  return lines;
}

test('a terminal shows the whole above the layers, drawn in place', () => {
  let now = 0;
  const io = createFakeIo({ terminal: true, now: () => now });
  {
    using progress = progressOn(io, 'auto', 4000);
    now = 1000;
    progress.advance(1000);
    progress.onProgress({ id: 'aaaa', status: 'Loading layer', current: 500, total: 2000 });
    now = 2000;
    progress.advance(1000);
    progress.onProgress({ id: 'bbbb', status: 'Loading layer\u001B[2J', current: 0, total: 2000 });
    progress.onProgress({ id: 'aaaa', status: 'Loading layer', current: 2000, total: 2000 });
  }
  assert.deepEqual(screen(io.output.stderr), [
    'Total 2kB/4kB (50%)  1kB/s  2s left',
    'aaaa: Loading layer      2kB/2kB',
    'bbbb: Loading layer\\x1b[2J       0B/2kB',
    '',
  ]);
  assert.ok(!createFakeIo().output.stderr.includes('\u001B'));
});

test('what a terminal shows is finished once, and never drawn over what is printed below', () => {
  const io = createFakeIo({ terminal: true });
  using progress = progressOn(io, 'auto', 4000);
  progress.advance(4000);
  progress[Symbol.dispose]();
  const { stderr } = io.output;
  progress[Symbol.dispose]();
  assert.equal(io.output.stderr, stderr);
});

test('nothing is printed where nobody looks, and never a colour with NO_COLOR', () => {
  const pipe = createFakeIo();
  progressOn(pipe, 'auto', 10).advance(5);
  assert.equal(pipe.output.stderr, '');
  const plain = createFakeIo({ terminal: true, env: { NO_COLOR: '1' } });
  progressOn(plain, 'auto', 10).advance(5);
  assert.ok(!plain.output.stderr.includes('\u001B[2m'));
});
