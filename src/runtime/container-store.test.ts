import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { openDatabase } from '../db/database.ts';
import { migrations } from '../db/schema.ts';
import { filterContainers } from './container-filters.ts';
import { createContainerStore, type ContainerStore } from './container-store.ts';
import { containerSpec } from './create-container.ts';
import { exampleImage, exampleRequest } from '../../test/support/container-request.ts';
import type { Container } from './types.ts';

function container(id: string, name: string, more: Partial<Container> = {}): Container {
  return {
    id: id.padEnd(64, '0'),
    name,
    imageId: exampleImage.id,
    imageName: 'example',
    createdAt: 1000,
    driver: 'erofs',
    spec: containerSpec(id, exampleRequest(['sh'], { config: { Labels: { tier: name } } }), exampleImage),
    status: 'created',
    state: {},
    ...more,
  };
}

function withStore(action: (store: ContainerStore) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-containers-'));
  try {
    using db = openDatabase(join(folder, 'db'), migrations);
    action(createContainerStore(db));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a container is found by ID, name, and the beginning of its ID', () => {
  withStore((store) => {
    store.insert(container('abc1', 'web'), []);
    for (const text of ['abc1'.padEnd(64, '0'), 'web', '/web', 'a', 'abc1'])
      assert.equal(store.find(text).name, 'web');
  });
});

test('a name goes before the beginning of an ID', () => {
  withStore((store) => {
    store.insert(container('abc1', 'web'), []);
    store.insert(container('def1', 'abc'), []);
    assert.equal(store.find('abc').name, 'abc');
  });
});

test('what is missing or not clear is refused in Docker’s words', () => {
  withStore((store) => {
    store.insert(container('abc1', 'web'), []);
    store.insert(container('abc2', 'db'), []);
    assert.throws(() => store.find('nope'), /^LamellaError: No such container: nope$/);
    assert.throws(() => store.find('abc'), /multiple IDs found with provided prefix: abc/);
  });
});

test('a name that is taken is refused in Docker’s words', () => {
  withStore((store) => {
    const first = container('abc1', 'web');
    store.insert(first, []);
    assert.throws(
      () => store.insert(container('def1', 'web'), []),
      (error) =>
        isLamellaError(error, 'conflict') &&
        error.message ===
          `Conflict. The container name "/web" is already in use by container "${first.id}". ` +
            'You have to remove (or rename) that container to be able to reuse that name.',
    );
  });
});

test('state and name change, the request stays', () => {
  withStore((store) => {
    const first = container('abc1', 'web');
    store.insert(first, []);
    store.update(first.id, 'exited', { exitCode: 3, finishedAt: 5 });
    store.rename(first.id, 'shop');
    assert.deepEqual(store.get(first.id), {
      ...first,
      name: 'shop',
      status: 'exited',
      state: { exitCode: 3, finishedAt: 5 },
    });
  });
});

test('filters choose as Docker’s do', () => {
  const all = [
    container('a', 'web', { createdAt: 1 }),
    container('b', 'database', { createdAt: 2, status: 'running' }),
    container('c', 'cache', { createdAt: 3, status: 'exited', state: { exitCode: 2 } }),
  ];
  const names = (filters: Record<string, string[]>): string[] =>
    filterContainers(all, filters, { all, now: 100 }).map((each) => each.name);
  assert.deepEqual(names({ name: ['a'] }), ['database', 'cache']);
  assert.deepEqual(names({ name: ['^/web$', 'base'] }), ['web', 'database']);
  assert.deepEqual(names({ status: ['created', 'running'] }), ['web', 'database']);
  assert.deepEqual(names({ exited: ['2'] }), ['cache']);
  assert.deepEqual(names({ label: ['tier'] }), ['web', 'database', 'cache']);
  assert.deepEqual(names({ label: ['tier=web'] }), ['web']);
  assert.deepEqual(names({ 'label!': ['tier=web'] }), ['database', 'cache']);
  assert.deepEqual(names({ before: ['cache'] }), ['web', 'database']);
  assert.deepEqual(names({ since: ['web'] }), ['database', 'cache']);
  assert.deepEqual(names({ ancestor: ['example'] }), ['web', 'database', 'cache']);
  assert.deepEqual(names({ ancestor: ['other'] }), []);
  assert.throws(() => names({ nonsense: ['1'] }), /invalid filter 'nonsense'/);
  assert.throws(() => names({ status: ['asleep'] }), /invalid filter 'status=asleep'/);
});

test('a container that an older version made has today’s defaults', () => {
  withStore((store) => {
    const old = container('abc1', 'web');
    const { AutoRemove, Binds } = old.spec.hostConfig;
    const spec = { ...old.spec, endpoints: undefined, hostConfig: { AutoRemove, Binds } };
    store.insert({ ...old, spec: spec as unknown as Container['spec'] }, []);
    assert.deepEqual(store.get(old.id)?.spec.hostConfig.RestartPolicy, { Name: 'no', MaximumRetryCount: 0 });
    assert.deepEqual(store.get(old.id)?.spec.endpoints, {});
  });
});
