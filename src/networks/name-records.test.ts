import assert from 'node:assert/strict';
import test from 'node:test';
import { dnsNames, nameRecords } from './name-records.ts';

test('the file of a network has its gateway, then a line for each container', () => {
  const common = { containerId: 'c1', ipv4: '10.0.0.2', ipv6: undefined, names: ['web', 'www'], servers: [] };
  assert.equal(
    nameRecords('10.0.0.1', [
      common,
      { ...common, containerId: 'c2', ipv4: '10.0.0.3', ipv6: 'fd00::3', servers: ['1.1.1.1'] },
    ]),
    '10.0.0.1\nc1 10.0.0.2  web,www\nc2 10.0.0.3 fd00::3 web,www 1.1.1.1\n',
  );
});

test('a container is known by its name, its aliases and the beginning of its ID, each once', () => {
  const names = dnsNames({ id: '7fc186019233'.padEnd(64, '0'), name: 'web' }, ['www', 'web']);
  assert.deepEqual(names, ['web', 'www', '7fc186019233']);
});
