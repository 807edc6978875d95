import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createTestStore, lamellaCommand, runCommand, whyNoContainers } from '../support/command.ts';
import { importTiny, temporaryFolder } from '../support/tiny-image.ts';

test('an output that is full is told in one line', async (t) => {
  const store = createTestStore(t);
  await importTiny(t, store);
  for (const command of ['images', 'save tiny:1', 'inspect tiny:1']) {
    const { code, stderr } = await runCommand(
      'sh',
      ['-c', `${lamellaCommand} ${command} > /dev/full`],
      store,
    );
    assert.equal(code, 1);
    assert.equal(stderr, 'write /dev/stdout: no space left on device\n');
  }
});

test('who reads only the beginning of an archive gets no error', async (t) => {
  const store = createTestStore(t);
  await importTiny(t, store);
  const { stdout, stderr } = await runCommand(
    'sh',
    ['-c', `${lamellaCommand} save tiny:1 | head -c 100 | wc -c`],
    store,
  );
  assert.equal(stdout.trim(), '100');
  assert.equal(stderr, '');
});

test('an archive is not written to a directory, and no part of it beside', async (t) => {
  const store = createTestStore(t);
  await importTiny(t, store);
  const result = await store.run(['save', '-o', temporaryFolder(t), 'tiny:1']);
  assert.deepEqual(result, {
    code: 1,
    stdout: '',
    stderr: 'failed to save image: cannot write to a directory\n',
  });
});

test('run reads --env-file as Docker does, and leaves none of it to Node.js', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t, { FROM_HERE: 'yes' });
  await importTiny(t, store);
  const file = join(temporaryFolder(t), 'env');
  writeFileSync(file, '# a comment\nA=1\nSPACED=x y\nQUOTED="q"\nFROM_HERE\nNOT_HERE\n');
  const run = ['run', '--rm', '--network', 'none'];
  const printed = await store.ok([...run, '--env-file', file, 'tiny:1', 'env']);
  assert.deepEqual(
    printed.split('\n').filter((line) => !/^(?:PATH|HOSTNAME|HOME|SHLVL|PWD)=/.test(line)),
    ['A=1', 'SPACED=x y', 'QUOTED="q"', 'FROM_HERE=yes'],
  );
  const { code, stderr } = await store.run([...run, '--env-file', '/no/such', 'tiny:1', 'env']);
  assert.equal(code, 125);
  assert.match(stderr, /^lamella: open \/no\/such: no such file or directory\n/);
});

test('run refuses another platform and a working directory that is a file, in Docker’s words', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t);
  await importTiny(t, store);
  const run = ['run', '--rm', '--network', 'none'];
  const other = await store.run([...run, '--platform', 'linux/s390x', 'tiny:1', 'true']);
  assert.equal(other.code, 125);
  assert.match(
    other.stderr,
    /its platform \(linux\/\w+\) does not match the specified platform \(linux\/s390x\)\n/,
  );
  const file = await store.run([...run, '-w', '/bin/busybox', 'tiny:1', 'true']);
  assert.equal(file.code, 125);
  assert.match(file.stderr, /: Cannot mkdir: \/bin\/busybox is not a directory\n/);
  assert.equal(await store.ok(['ps', '-aq']), '');
});

test('--init runs an init program as process 1, and says what to install where there is none', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t);
  await importTiny(t, store);
  const run = ['run', '--rm', '--init', '--network', 'none', 'tiny:1', 'cat', '/proc/1/comm'];
  const { code, stdout, stderr } = await store.run(run);
  if (code === 0) return assert.equal(stdout, 'docker-init\n');
  assert.equal(code, 125);
  assert.match(stderr, /--init option needs an init program.*\nHint: Install one: apt install tini\n/);
});

test('exec ends with a shell’s exit codes where the program cannot be run', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t);
  await importTiny(t, store);
  await store.ok(['run', '-d', '--name', 'box', '--network', 'none', 'tiny:1', 'sleep', '1000']);
  const missing = await store.run(['exec', 'box', 'nosuch']);
  assert.equal(missing.code, 127);
  assert.match(missing.stderr, /^OCI runtime exec failed: .*nosuch.*\n$/);
  assert.equal((await store.run(['exec', 'box', '/etc'])).code, 126);
  assert.equal((await store.run(['exec', 'box', 'sh', '-c', 'exit 9'])).code, 9);
});
