import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTestStore, type TestStore } from '../support/command.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

function lab(t: TestContext): { store: TestStore; own: string; daemon: string } {
  const folder = temporaryFolder(t);
  const docker = join(folder, 'docker');
  mkdirSync(docker);
  const config = join(folder, 'lamella');
  return {
    store: createTestStore(t, { LAMELLA_CONFIG: config, LAMELLA_DOCKER_ETC: docker }),
    own: join(config, 'registries.json'),
    daemon: join(docker, 'daemon.json'),
  };
}

test('one command sets the mirror, info shows it as docker info does, and one takes it back', async (t) => {
  const { store, own, daemon } = lab(t);
  writeFileSync(
    daemon,
    '{ "registry-mirrors": ["https://docker.example"], "insecure-registries": ["r.example:5000"] }',
  );
  assert.match(await store.ok(['mirror', 'ls']), /docker\.io +https:\/\/docker\.example +\/\S*daemon\.json/);
  assert.equal(
    await store.ok(['mirror', 'set', 'https://mirror.example/']),
    `Mirrors of docker.io: https://mirror.example (in ${own})`,
  );
  assert.deepEqual(JSON.parse(readFileSync(own, 'utf8')), {
    registries: { 'docker.io': { mirrors: ['https://mirror.example'] } },
  });
  const info = await store.ok(['info']);
  assert.match(info, /^Insecure Registries:\n r\.example:5000\n ::1\/128\n 127\.0\.0\.0\/8$/m);
  assert.match(info, /^Registry Mirrors:\n https:\/\/mirror\.example\/$/m);
  assert.equal(await store.ok(['info', '-f', '{{.RegistryConfig.Mirrors}}']), '[https://mirror.example/]');
  await store.ok(['mirror', 'set', '--none']);
  assert.equal(await store.ok(['mirror', 'ls', '--format', '{{.Mirror}}']), '');
});

test('a broken daemon.json is one clear error where it matters, and only a warning in info', async (t) => {
  const { store, daemon } = lab(t);
  writeFileSync(daemon, '{\n  "registry-mirrors": ["https://a.example"]\n  "debug": true\n}\n');
  const { code, stderr } = await store.run(['mirror', 'ls']);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `Error response from daemon: ${daemon}:3: unexpected "\\""\nHint: Correct ${daemon}, or move it away.\n`,
  );
  const info = await store.run(['info']);
  assert.equal(info.code, 0);
  assert.match(info.stderr, /^WARNING: .*daemon\.json:3: unexpected/m);
});
