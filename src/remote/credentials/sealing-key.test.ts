import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createSeal } from './seal.ts';
import { createSealingKeys } from './sealing-key.ts';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-key-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a home folder that is copied to another machine opens no seal there', async (t) => {
  const home = makeFolder(t);
  const here = join(home, 'id-here');
  const there = join(home, 'id-there');
  writeFileSync(here, 'f81d4fae7dec11d0a76500a0c91e6bf6\n');
  writeFileSync(there, '0123456789abcdef0123456789abcdef\n');
  const sealOf = (machine: string): ReturnType<typeof createSeal> =>
    createSeal(
      createSealingKeys({ HOME: home }, { machine: [join(home, 'none'), machine], shared: undefined }),
    );
  const sealed = await sealOf(here).seal('secret', 'reg.example');
  assert.equal(await sealOf(here).open(sealed, 'reg.example'), 'secret');
  await assert.rejects(sealOf(there).open(sealed, 'reg.example'), { code: 'credential-unreadable' });
});

test("root's half of the key is outside of the home folder, and where that is not to be written, in it", async (t) => {
  const home = makeFolder(t);
  const shared = join(home, 'var', 'keys');
  const seal = createSeal(createSealingKeys({ HOME: join(home, 'root') }, { shared }));
  const sealed = await seal.seal('secret', 'reg.example');
  assert.equal(statSync(join(shared, 'credential-key')).mode & 0o777, 0o600);
  assert.equal(statSync(join(shared, 'credential-key')).size, 32);
  assert.ok(statSync(shared).isDirectory());
  assert.throws(() => statSync(join(home, 'root')), { code: 'ENOENT' });
  assert.equal(await seal.open(sealed, 'reg.example'), 'secret');

  writeFileSync(join(home, 'file'), '');
  const blocked = createSeal(createSealingKeys({ HOME: join(home, 'root') }, { shared: join(home, 'file') }));
  const again = await blocked.seal('secret', 'reg.example');
  assert.ok(statSync(join(home, 'root', '.local', 'state', 'lamella', 'credential-key')).isFile());
  assert.equal(await blocked.open(again, 'reg.example'), 'secret');
});

test('processes that make the key at the same time take the same one', async (t) => {
  const env = { HOME: makeFolder(t) };
  const keys = await Promise.all(Array.from({ length: 8 }, () => createSealingKeys(env).own()));
  assert.equal(new Set(keys.map((key) => key.toString('hex'))).size, 1);
});

test('what is no seal is refused', async (t) => {
  const seal = createSeal(createSealingKeys({ HOME: makeFolder(t) }));
  const sealed = await seal.seal('secret', 'reg.example');
  for (const text of [
    '',
    'v1:',
    'v1:AAAA',
    sealed.slice(0, -4),
    sealed.replace('v1', 'v2'),
    sealed.replace(':', ':AAAA'),
  ]) {
    await assert.rejects(seal.open(text, 'reg.example'), { code: 'credential-unreadable' }, text);
  }
});
