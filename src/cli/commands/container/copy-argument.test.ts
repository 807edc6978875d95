import assert from 'node:assert/strict';
import test from 'node:test';
import { splitCopyArgument } from './copy-argument.ts';

test('a colon names a container unless the path shows that it is one of this machine', () => {
  assert.deepEqual(splitCopyArgument('web:/etc/hosts'), { container: 'web', path: '/etc/hosts' });
  assert.deepEqual(splitCopyArgument('web:'), { container: 'web', path: '' });
  assert.deepEqual(splitCopyArgument('web:a:b'), { container: 'web', path: 'a:b' });
  for (const path of ['/tmp/a:b', './a:b', '../a:b', 'plain', ':odd', '-']) {
    assert.deepEqual(splitCopyArgument(path), { path });
  }
});
