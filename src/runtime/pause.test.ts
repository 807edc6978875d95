import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import type { RuntimeCall } from './oci-runtime.ts';
import { whilePaused } from './pause.ts';

test('whilePaused() holds a container for one command at a time, and lets it go when that fails', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-pause-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const calls = join(folder, 'calls');
  const path = join(folder, 'runc');
  writeFileSync(path, `#!/bin/sh\necho "$3" >> ${calls}\n`, { mode: 0o755 });
  const call: RuntimeCall = { runtime: { name: 'runc', path, version: '' }, runtimeRoot: folder, id: 'x' };
  const paths = { pausedFor: join(folder, 'paused-for') };

  await whilePaused(call, paths, () =>
    assert.rejects(
      whilePaused(call, paths, () => Promise.resolve()),
      (error) => isLamellaError(error, 'conflict') && error.code === 'container-paused',
    ),
  );
  await assert.rejects(
    whilePaused(call, paths, () => Promise.reject(new Error('failed'))),
    /failed/,
  );
  assert.equal(readFileSync(calls, 'utf8'), 'pause\nresume\npause\nresume\n');
  assert.ok(!existsSync(paths.pausedFor));
});
