import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import {
  chooseRunFolder,
  formatRecord,
  makeRunFolder,
  readLivingPause,
  recordPath,
  startTimeOf,
} from './pause-record.ts';

const uid = process.getuid?.() ?? 0;
const onLinux = { skip: process.platform === 'linux' ? false : 'there is no /proc' };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lamella-test-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('a record counts while its process lives, and not for a later one of that pid', onLinux, (t) => {
  const run = folder(t);
  const me = { uid, name: 'me' };
  assert.equal(readLivingPause(run), undefined);
  const record = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' };
  writeFileSync(recordPath(run), formatRecord(record, me));
  assert.deepEqual(readLivingPause(run), record);
  writeFileSync(recordPath(run), formatRecord({ ...record, startTime: '1' }, me));
  assert.equal(readLivingPause(run), undefined);
  writeFileSync(recordPath(run), '');
  assert.equal(readLivingPause(run), undefined);
});

test('a namespace that lives is found wherever $XDG_RUNTIME_DIR points', onLinux, (t) => {
  const [one, other] = [folder(t), folder(t)];
  assert.equal(chooseRunFolder(uid, { XDG_RUNTIME_DIR: one }), join(one, 'lamella'));
  assert.notEqual(
    chooseRunFolder(uid, { XDG_RUNTIME_DIR: join(other, 'missing') }),
    join(other, 'missing', 'lamella'),
  );
});

test('a folder for sockets and namespaces that others may write to is refused', onLinux, (t) => {
  const parent = folder(t);
  const run = join(parent, 'lamella');
  makeRunFolder(run, uid);
  makeRunFolder(run, uid);
  chmodSync(run, 0o777);
  assert.throws(
    () => makeRunFolder(run, uid),
    (error) => isLamellaError(error, 'forbidden') && error.code === 'run-folder-not-ours',
  );
  const foreign = join(parent, 'foreign', 'lamella');
  mkdirSync(foreign, { recursive: true });
  assert.throws(() => makeRunFolder(foreign, uid + 1), /belongs to somebody else/);
});
