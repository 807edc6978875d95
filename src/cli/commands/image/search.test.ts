import assert from 'node:assert/strict';
import test from 'node:test';
import { runCommandLine } from '../../run.ts';
import { createFakeEngine } from '../../testing/fake-engine.ts';
import { createFakeIo } from '../../testing/fake-io.ts';

test('search warns of the filter is-automated, whatever its value, as Docker does', async () => {
  for (const [filter, warns] of [
    ['is-automated=true', true],
    ['is-automated=0', true],
    ['is-official=true', false],
  ] as const) {
    const io = createFakeIo();
    const openEngine = async (): Promise<ReturnType<typeof createFakeEngine>> => createFakeEngine();
    const argv = ['search', '--filter', filter, 'ubuntu'];
    assert.equal(await runCommandLine(argv, { io, version: '0.1.0', openEngine }), 0);
    const warning =
      'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.\n';
    assert.equal(io.output.stderr, warns ? warning : '');
  }
});
