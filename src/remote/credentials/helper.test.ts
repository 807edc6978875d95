import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createHelper, type CredentialHelper } from './helper.ts';

const secret = 'pa"ss\\word 密码';

function helperWith(t: TestContext, script: string): { helper: CredentialHelper; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-helper-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'docker-credential-mine');
  writeFileSync(path, `#!/bin/sh\n${script}`);
  chmodSync(path, 0o755);
  const env = { PATH: `${folder}:${process.env['PATH']}`, folder };
  return { helper: createHelper('mine', env, { patience: 300 }), folder };
}

test('a secret reaches a helper by its standard input, and no argument and no variable of its', async (t) => {
  const { helper, folder } = helperWith(
    t,
    'cat >"$folder/in"; echo "$@" >"$folder/args"; env >"$folder/env"',
  );
  await helper.store('docker.io', { kind: 'password', username: 'jane', password: secret });
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  assert.deepEqual(JSON.parse(read('in')), {
    ServerURL: 'https://index.docker.io/v1/',
    Username: 'jane',
    Secret: secret,
  });
  assert.equal(read('args'), 'store\n');
  assert.ok(!read('env').includes(secret));
});

test('a helper that repeats the secret in its complaint does not bring it into our words', async (t) => {
  const { helper } = helperWith(t, `cat >/dev/null; echo "cannot keep pass-4711" >&2; exit 3`);
  const login = { kind: 'password', username: 'jane', password: 'pass-4711' } as const;
  await assert.rejects(helper.store('reg.example', login), {
    message:
      'Error saving credentials: error storing credentials - err: exit status 3, out: `cannot keep ***`',
  });
});

test('a helper that hangs is ended after its time, and what it has started is not waited for', async (t) => {
  const { helper } = helperWith(t, 'sleep 60; echo {}');
  const start = performance.now();
  await assert.rejects(helper.get('reg.example'), {
    message: 'error getting credentials - err: no answer within 0.3 s, out: ``',
  });
  assert.ok(performance.now() - start < 5000);
});

test('a helper whose answer has no end is ended', async (t) => {
  const { helper } = helperWith(t, 'exec yes');
  await assert.rejects(helper.get('reg.example'), /its answer has no end/);
});

test('an answer that is none is told without its content', async (t) => {
  for (const answer of [
    '{"Username":"jane","Secret":pass-4711}',
    'pass-4711',
    '{"Username":"jane"}',
    'null',
  ]) {
    const { helper } = helperWith(t, `echo '${answer}'`);
    await assert.rejects(helper.get('reg.example'), (error: Error) => {
      assert.match(error.message, /answered (?:no JSON|without a secret)/);
      assert.ok(!error.message.includes('pass-4711'), error.message);
      return true;
    });
  }
});

test("a helper that is not there is told in Docker's words, and a name with a slash is no helper", async () => {
  for (const name of ['lamella-none', '../../bin/sh']) {
    await assert.rejects(createHelper(name, process.env).get('reg.example'), {
      code: 'client-credential-helper-failed',
      message: `error getting credentials - err: exec: "docker-credential-${name}": executable file not found in $PATH, out: \`\``,
    });
  }
});
