import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readLogs, type LogOptions } from './read-logs.ts';

const log = [
  '2026-01-01T00:00:01.000000001+00:00 stdout F one',
  '2026-01-01T00:00:02.000000002+00:00 stderr F two',
  '2026-01-01T01:00:03.000000003+01:00 stdout P thr',
  '2026-01-01T00:00:04.000000004+00:00 stdout F ee',
  '2026-01-01T00:00:05.000000005+00:00 stdout F ',
  '2026-01-01T00:00:06.000000006+00:00 stdout P last',
  '',
].join('\n');

async function read(options: Partial<LogOptions>, content: string | Buffer = log): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lamella-logs-'));
  try {
    await writeFile(join(folder, 'log'), content);
    let text = '';
    const pieces = readLogs(join(folder, 'log'), {
      follow: false,
      timestamps: false,
      since: undefined,
      until: undefined,
      tail: Infinity,
      now: Date.parse('2026-01-01T00:00:10Z'),
      isRunning: () => Promise.resolve(false),
      ...options,
    });
    for await (const { stream, bytes } of pieces) {
      const shown = Buffer.from(bytes).toString('latin1');
      text += stream === 'stderr' ? `!${shown}` : shown;
    }
    return text;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('readLogs() gives back what was written, pieces of a line joined', async () => {
  assert.equal(await read({}), 'one\n!two\nthree\n\nlast');
});

test('readLogs() puts the time in UTC before each line, once', async () => {
  assert.equal(
    await read({ timestamps: true, tail: 3 }),
    '2026-01-01T00:00:03.000000003Z three\n2026-01-01T00:00:05.000000005Z \n2026-01-01T00:00:06.000000006Z last',
  );
});

test('readLogs() counts lines from the end', async () => {
  assert.equal(await read({ tail: 0 }), '');
  assert.equal(await read({ tail: 1 }), 'last');
  assert.equal(await read({ tail: 2 }), '\nlast');
  assert.equal(await read({ tail: 3 }), 'three\n\nlast');
  assert.equal(await read({ tail: 99 }), 'one\n!two\nthree\n\nlast');
});

test('readLogs() keeps to a span of time', async () => {
  assert.equal(await read({ since: '2026-01-01T00:00:04Z' }), 'ee\n\nlast');
  assert.equal(await read({ since: '6s' }), 'ee\n\nlast');
  assert.equal(await read({ until: '2026-01-01T00:00:01.5Z' }), 'one\n');
});

test('readLogs() passes every byte on and over what a crash has torn', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    .toString('latin1')
    .replace('\n', '');
  const content = Buffer.from(
    `2026-01-01T00:00:01.0+00:00 stdout F ${bytes}\ntorn\n2026-01-01T00:00:01.0+00:00 stdo`,
    'latin1',
  );
  assert.equal(await read({}, content), `${bytes}\n`);
});

test('readLogs() finds the last lines of a log that is larger than what it reads at once', async () => {
  const lines = Array.from(
    { length: 5000 },
    (_, index) => `2026-01-01T00:00:01.0+00:00 stdout F line ${index}`,
  );
  assert.equal(await read({ tail: 2 }, `${lines.join('\n')}\n`), 'line 4998\nline 4999\n');
  assert.equal((await read({ tail: 4000 }, `${lines.join('\n')}\n`)).split('\n').length, 4001);
});

test('readLogs() shows a time that is none as it stands', async () => {
  const text = await read({ timestamps: true }, '2026-99-01T00:00:01.5+00:00 stdout F damaged\n');
  assert.equal(text, '2026-99-01T00:00:01.5+00:00 damaged\n');
});
