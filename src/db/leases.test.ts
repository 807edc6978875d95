import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type Database, openDatabase } from './database.ts';
import { createLease, livingLeaseSubjects } from './leases.ts';
import { currentOwner, isOwnerAlive } from './process-owner.ts';
import { migrations } from './schema.ts';

function openTemporary(t: TestContext): Database {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-lease-'));
  const db = openDatabase(join(folder, 'lamella.db'), migrations);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  return db;
}

test('this process is alive, and one with its pid but another start, boot or form is not', () => {
  const owner = currentOwner();
  assert.equal(isOwnerAlive(owner), true);
  const [boot, namespace, pid, start] = owner.split('/');
  assert.equal(isOwnerAlive([boot, namespace, pid, `${start}1`].join('/')), false);
  assert.equal(isOwnerAlive(['another-boot', namespace, pid, start].join('/')), false);
  for (const text of ['', 'x', `${pid}`, `${owner}/more`, `${boot}/${namespace}/0/${start}`]) {
    assert.equal(isOwnerAlive(text), false, text);
  }
});

test('a process in another pid namespace counts as living, since it cannot be seen', (t) => {
  const [boot, namespace, pid, start] = currentOwner().split('/');
  if (namespace === '') return t.skip('no pid namespaces here');
  assert.equal(isOwnerAlive([boot, '1', pid, `${start}1`].join('/')), true);
});

test('a lease holds its subjects until it is released', (t) => {
  const db = openTemporary(t);
  {
    using lease = createLease(db);
    lease.add('sha256:a', 'sha256:b');
    lease.add('sha256:b');
    assert.deepEqual(livingLeaseSubjects(db), new Set(['sha256:a', 'sha256:b']));
  }
  assert.deepEqual(livingLeaseSubjects(db), new Set());
});

test('a lease of a process that was killed ends at once, whatever the clock says', async (t) => {
  const db = openTemporary(t);
  const program = `
    import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, 'database.ts'))};
    import { createLease } from ${JSON.stringify(join(import.meta.dirname, 'leases.ts'))};
    import { migrations } from ${JSON.stringify(join(import.meta.dirname, 'schema.ts'))};
    createLease(openDatabase(${JSON.stringify(db.path)}, migrations)).add('sha256:held');
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  // Ten years back and forth: nothing that was not asked of the kernel may matter.
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3.2e11 });
  assert.deepEqual(livingLeaseSubjects(db), new Set(['sha256:held']));
  t.mock.timers.setTime(1);
  assert.deepEqual(livingLeaseSubjects(db), new Set(['sha256:held']));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.deepEqual(livingLeaseSubjects(db), new Set());
});
