import assert from 'node:assert/strict';
import test from 'node:test';
import type { RegistryClient } from '../../remote/client/repository.ts';
import type { Credential, CredentialStore } from '../../remote/credentials/credential.ts';
import { knownUser, login, logout } from './login.ts';
import type { Remote } from './remote.ts';

/** A registry that takes one password, gives a token for it or not, and a keeper that notes what it is told. */
function makeAccounts(identityToken?: string): {
  accounts: Pick<Remote, 'client' | 'credentials'>;
  kept: Map<string, Credential>;
  saves: string[];
} {
  const kept = new Map<string, Credential>();
  const saves: string[] = [];
  const credentials: CredentialStore = {
    find: async (registry) => kept.get(registry),
    async save(registry, credential, { plaintext = false } = {}) {
      kept.set(registry, credential);
      saves.push(`${registry} ${plaintext ? 'plain' : 'sealed'}`);
      return { kind: plaintext ? 'plain' : 'sealed', path: '/file' };
    },
    erase: async (registry) => kept.delete(registry),
  };
  const client = {
    async login(_: string, { password }: { password: string }) {
      if (password !== 'right') throw new Error('refused');
      return identityToken === undefined ? {} : { identityToken };
    },
  } as unknown as RegistryClient;
  return { accounts: { client, credentials }, kept, saves };
}

const right = { username: 'jane', password: 'right' };

test('what a registry refuses is not kept', async () => {
  const { accounts, kept } = makeAccounts();
  await assert.rejects(login(accounts, undefined, { username: 'jane', password: 'wrong' }), /refused/);
  assert.equal(kept.size, 0);
});

test('the token that a registry gives is kept in place of the password', async () => {
  const { accounts, kept } = makeAccounts('refresh');
  const report = await login(accounts, 'https://reg.example/v2/', right);
  assert.deepEqual(report, { status: 'Login Succeeded', place: { kind: 'sealed', where: '/file' } });
  assert.deepEqual(
    [...kept],
    [['reg.example', { kind: 'identity-token', username: 'jane', token: 'refresh' }]],
  );
  assert.deepEqual(await knownUser(accounts, 'reg.example'), { username: 'jane', hasPassword: false });
  await assert.rejects(login(accounts, 'reg.example', undefined), { code: 'credential-not-found' });
});

test('a password that is kept is checked where it is, and moved only to where Docker reads it', async () => {
  const { accounts, kept, saves } = makeAccounts();
  kept.set('docker.io', { kind: 'password', ...right });
  assert.deepEqual(await login(accounts, undefined, undefined), { status: 'Login Succeeded' });
  assert.deepEqual(saves, []);
  const moved = await login(accounts, 'docker.io', undefined, { plaintext: true });
  assert.deepEqual(moved.place, { kind: 'plain', where: '/file' });
  assert.equal(await logout(accounts, 'index.docker.io'), true);
  assert.equal(await knownUser(accounts, undefined), undefined);
  assert.equal(await logout(accounts, undefined), false);
});
