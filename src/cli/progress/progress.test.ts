import assert from 'node:assert/strict';
import test from 'node:test';
import { openContext } from '../output/open-context.ts';
import { createFakeEngine } from '../testing/fake-engine.ts';
import { createFakeIo, type FakeIo } from '../testing/fake-io.ts';
import { createProgress, createTransferProgress } from './progress.ts';

function contextOn(io: FakeIo, mode: string): ReturnType<typeof openContext> {
  return openContext({
    io,
    language: 'en',
    commandName: 'lamella load',
    json: false,
    progress: mode,
    openEngine: async () => createFakeEngine(),
  });
}

function progressOn(io: FakeIo, mode: string, total?: number): ReturnType<typeof createProgress> {
  return createProgress(contextOn(io, mode), { total });
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

test('a pull counts what travels, not what an earlier one had brought, nor what is unpacked', () => {
  let now = 0;
  const io = createFakeIo({ terminal: true, now: () => now });
  {
    using progress = createTransferProgress(contextOn(io, 'auto'));
    progress.onProgress({ id: 'latest', status: 'Pulling from library/ubuntu' });
    progress.expect(3000);
    progress.onProgress({ id: 'aaaa', status: 'Downloading', current: 1000, total: 2000 });
    progress.onProgress({ id: 'bbbb', status: 'Downloading', current: 0, total: 2000 });
    now = 1000;
    progress.onProgress({ id: 'aaaa', status: 'Downloading', current: 1500, total: 2000 });
    progress.onProgress({ id: 'aaaa', status: 'Pull complete' });
    progress.onProgress({ id: 'bbbb', status: 'Extracting', current: 500, total: 2000 });
  }
  assert.deepEqual(screen(io.output.stdout), [
    'Total 3kB/3kB (100%)  3kB/s  0s left',
    'latest: Pulling from library/ubuntu',
    'aaaa: Pull complete',
    'bbbb: Extracting     500B/2kB',
    '',
  ]);
  assert.equal(io.output.stderr, '');
});

test('a push counts what is sent of what will be, which becomes less where layers turn out to be there', () => {
  let now = 0;
  const io = createFakeIo({ terminal: true, now: () => now });
  {
    using progress = createTransferProgress(contextOn(io, 'auto'));
    progress.expect(5000);
    progress.onProgress({ id: 'aaaa', status: 'Preparing', current: 5000, total: 9000 });
    progress.onProgress({ id: 'bbbb', status: 'Layer already exists' });
    progress.expect(-1000);
    progress.onProgress({ id: 'aaaa', status: 'Pushing', current: 0, total: 4000 });
    now = 1000;
    progress.onProgress({ id: 'aaaa', status: 'Pushing', current: 1000, total: 4000 });
  }
  assert.equal(screen(io.output.stdout)[0], 'Total 1kB/4kB (25%)  1kB/s  3s left');
});

test('what comes after a part that is finished is drawn below it, and all parts are left standing', () => {
  const io = createFakeIo({ terminal: true });
  const progress = createTransferProgress(contextOn(io, 'auto'));
  const ids = Array.from({ length: 20 }, (_, at) => `layer${at}`);
  for (const id of ids) progress.onProgress({ id, status: 'Pushed' });
  progress[Symbol.dispose]();
  void io.stdout.write('1: digest\n');
  progress.onProgress({ id: 'next', status: 'Pushed' });
  progress[Symbol.dispose]();
  assert.deepEqual(screen(io.output.stdout), [
    ...ids.map((id) => `${id}: Pushed`),
    '1: digest',
    'next: Pushed',
    '',
  ]);
});
