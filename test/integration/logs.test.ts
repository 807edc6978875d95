import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import test, { type TestContext } from 'node:test';
import { openLab, type ContainerLab } from '../support/containers.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';

const all = { follow: false, timestamps: false, since: undefined, until: undefined, tail: Infinity };

function lab(name: string, action: (lab: ContainerLab) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t: TestContext) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened);
  });
}

lab('a log has a limit, and who follows it across loses no line and sees none twice', async ({ service }) => {
  const script =
    'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); [ $((i%100)) = 0 ] && busybox usleep 5000; done; exit 0';
  const request = exampleRequest(['sh', '-c', script], {
    hostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '300k' } } },
  });
  const { id } = await service.create(request, exampleImage);
  await service.start(id);
  let text = '';
  for await (const { bytes } of service.logs(id, { ...all, follow: true }))
    text += String(Buffer.from(bytes));
  const wanted = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join('');
  assert.equal(text.length, wanted.length);
  assert.equal(text, wanted);
  assert.ok(statSync(service.paths(id).log).size <= 300_000);
  let last = '';
  for await (const { bytes } of service.logs(id, { ...all, tail: 2 })) last += String(Buffer.from(bytes));
  assert.equal(last, 'line 19998\nline 19999\n');
});

lab('without a log the streams are for those who are attached', async ({ service, run }) => {
  const none = { LogConfig: { Type: 'none', Config: {} } };
  assert.equal((await run(['echo', 'hello'], { hostConfig: none })).stdout, 'hello\n');
  const { id } = await service.create(exampleRequest(['true'], { hostConfig: none }), exampleImage);
  await assert.rejects(Array.fromAsync(service.logs(id, all)), {
    message: 'configured logging driver does not support reading',
  });
});

lab(
  'a fast producer on both streams loses and reorders no byte, attached and in the log',
  async ({ service }) => {
    const script = 'busybox seq 1 600000 & busybox seq 600001 1200000 >&2; wait';
    const { id } = await service.create(exampleRequest(['sh', '-c', script]), exampleImage);
    await using streams = await service.attach(id, { stdin: false, stdout: true, stderr: true });
    const ended = service.wait(id, { condition: 'next-exit' });
    await service.start(id);
    const attached = hashes();
    for await (const { stream, bytes } of streams.output) attached[stream].update(bytes);
    assert.equal((await ended).exitCode, 0);
    const logged = hashes();
    for await (const { stream, bytes } of service.logs(id, all)) logged[stream].update(bytes);
    const wanted = { stdout: numbers(1, 600_000), stderr: numbers(600_001, 1_200_000) };
    assert.deepEqual(
      { stdout: attached.stdout.digest('hex'), stderr: attached.stderr.digest('hex') },
      wanted,
    );
    assert.deepEqual({ stdout: logged.stdout.digest('hex'), stderr: logged.stderr.digest('hex') }, wanted);
  },
);

function hashes(): Record<'stdout' | 'stderr', ReturnType<typeof createHash>> {
  return { stdout: createHash('sha256'), stderr: createHash('sha256') };
}

function numbers(from: number, to: number): string {
  const hash = createHash('sha256');
  for (let at = from; at <= to; at += 1) hash.update(`${at}\n`);
  return hash.digest('hex');
}
