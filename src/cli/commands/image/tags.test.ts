import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { RemoteTag } from '../../../engine/ports/registry-engine.ts';
import { runCommandLine } from '../../run.ts';
import { createFakeEngine } from '../../testing/fake-engine.ts';
import { createFakeIo, type FakeIo } from '../../testing/fake-io.ts';
import type { fakeTransfers } from '../../testing/fake-registry.ts';

const names = ['13.10-very-long-name', '13', '12'];

/** A registry that says what it has at once, but what that is only when `step` is called, tag by tag. */
function startSlowly(
  io: FakeIo,
  words: readonly string[],
): { readonly step: () => void; readonly code: Promise<number> } {
  const steps = names.map(() => Promise.withResolvers<void>());
  const engine = createFakeEngine();
  const tags: typeof fakeTransfers.tags = async function* (_, { onNames } = {}) {
    onNames?.(names);
    for (const [position, name] of names.entries()) {
      await steps[position]?.promise;
      yield { ...tag, name };
    }
  };
  const registry = async (): ReturnType<typeof engine.registry> => ({ ...(await engine.registry()), tags });
  const openEngine = async (): Promise<typeof engine> => ({ ...engine, registry });
  let next = 0;
  return {
    step: () => steps[next++]?.resolve(),
    code: runCommandLine(words, { io, version: '0.1.0', openEngine }),
  };
}

const tag: Omit<RemoteTag, 'name'> = {
  digest: `sha256:${'d'.repeat(64)}`,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  size: 48_500_000,
  created: Date.parse('2026-11-20T12:00:00Z'),
  platforms: ['linux/amd64'],
};

async function settled(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await turn();
}

test('tags prints each row as soon as it has been looked up, in columns that hold all names', async () => {
  const io = createFakeIo();
  const { step, code } = startSlowly(io, ['tags', 'debian']);
  await settled();
  const lines = (): string[] => io.output.stdout.split('\n').slice(0, -1);
  assert.equal(lines().length, 1, 'the headings come first');
  for (const [position] of names.entries()) {
    step();
    await settled();
    assert.equal(lines().length, position + 2);
  }
  assert.equal(await code, 0);
  const [head = '', ...rows] = lines();
  for (const row of rows) assert.equal(row.indexOf('dddddddddddd'), head.indexOf('DIGEST'));
  for (const row of rows) assert.equal(row.indexOf('linux/amd64'), head.indexOf('PLATFORMS'));
});

test('tags --json prints a line for each tag when it is known', async () => {
  const io = createFakeIo();
  const { step, code } = startSlowly(io, ['--json', 'tags', '--limit', '2', 'debian']);
  step();
  await settled();
  assert.equal((JSON.parse(io.output.stdout) as { Tag: string }).Tag, names[0]);
  step();
  assert.equal(await code, 0);
  assert.equal(io.output.stdout.trimEnd().split('\n').length, 2);
});

test('tags refuses a template before it looks anything up', async () => {
  for (const format of ['{{.Nope}}', 'table {{.Nope}}', '{{']) {
    const io = createFakeIo();
    const { step, code } = startSlowly(io, ['tags', '--format', format, 'debian']);
    step();
    assert.equal(await code, 1, format);
    assert.match(io.output.stderr, /template parsing error/);
    assert.equal(io.output.stdout, '');
  }
});
