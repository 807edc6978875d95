import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createTestStore } from '../support/command.ts';
import { makeTinyArchive, temporaryFolder } from '../support/tiny-image.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/root.tar.gz`;
}

test('import takes a root file system from a URL and says so in the history', async (t) => {
  const archive = gzipSync(readFileSync(await makeTinyArchive(temporaryFolder(t))));
  const url = await serve(t, (_, response) => response.end(archive));
  const store = createTestStore(t);
  const id = await store.ok(['import', url, 'web:1']);
  assert.match(id, /^sha256:[0-9a-f]{64}$/);
  assert.equal(await store.ok(['history', '--format', '{{.Comment}}', 'web:1']), `Imported from ${url}`);
});

test('a download that fails or ends early leaves no image', async (t) => {
  const archive = gzipSync(readFileSync(await makeTinyArchive(temporaryFolder(t))));
  const missing = await serve(t, (_, response) => response.writeHead(404).end('no such thing'));
  const broken = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': archive.byteLength });
    response.write(archive.subarray(0, archive.byteLength / 2), () => response.destroy());
  });
  const store = createTestStore(t);
  for (const [url, what] of [
    [missing, /404/],
    [broken, /^Error/],
  ] as const) {
    const { code, stdout, stderr } = await store.run(['import', url, 'web:1']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, what);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
  assert.equal(await store.ok(['images', '-aq']), '');
});
