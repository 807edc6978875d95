import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectBytes } from '../../base/streams.ts';
import type { HttpRequest, Timeouts } from './message.ts';
import { createTransport, type Transport } from './transport.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`);
}

function transport(t: TestContext, timeouts: Partial<Timeouts> = {}, env: NodeJS.ProcessEnv = {}): Transport {
  const made = createTransport({ env, userAgent: 'lamella/test', timeouts });
  t.after(() => made[Symbol.dispose]());
  return made;
}

function get(url: URL, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, tls: { verify: true }, headers: {}, ...more };
}

test('a body of which nothing comes any more is an error and not a hang', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('begin');
  });
  const response = await transport(t, { idle: 200 }).send(get(url));
  await assert.rejects(collectBytes(response.body, 1000), {
    code: 'registry-unavailable',
    message: /i\/o timeout/,
  });
});

test('a body that comes slowly, but comes, is taken', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': '8' });
    void (async () => {
      for (let count = 0; count < 8; count += 1) {
        response.write('x');
        await sleep(50);
      }
    })();
  });
  const response = await transport(t, { idle: 300 }).send(get(url));
  assert.equal(String(await collectBytes(response.body, 100)), 'xxxxxxxx');
});

test('a reader that takes its time is not taken for a server that does not', async (t) => {
  const size = 8 << 20;
  const url = await serve(t, (_, response) => response.end(Buffer.alloc(size)));
  const response = await transport(t, { idle: 200 }).send(get(url));
  let seen = 0;
  for await (const piece of response.body) {
    if (seen === 0) await sleep(350);
    seen += piece.byteLength;
  }
  assert.equal(seen, size);
});

test('a body that ends before its announced length is an error that may pass', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('begin', () => response.destroy());
  });
  const response = await transport(t).send(get(url));
  await assert.rejects(collectBytes(response.body, 1000), {
    code: 'registry-unavailable',
    again: 'patiently',
  });
});

test('an abort ends waiting for an answer, and a body, at once', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/v2/body') response.writeHead(200).write('begin');
  });
  const sender = transport(t);
  const answer = sender.send(get(url, { signal: AbortSignal.timeout(20) }));
  await assert.rejects(answer, { kind: 'cancelled' });
  const controller = new AbortController();
  const response = await sender.send(get(new URL('body', url), { signal: controller.signal }));
  const body = collectBytes(response.body, 100);
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(body, { kind: 'cancelled' });
  await assert.rejects(sender.send(get(url, { signal: controller.signal })), { kind: 'cancelled' });
});

test('large bodies come whole and in their order, in large pieces', async (t) => {
  const content = Buffer.alloc(20 << 20);
  for (let at = 0; at < content.byteLength; at += 4) content.writeUInt32LE(at, at);
  const url = await serve(t, (_, response) => response.end(content));
  const response = await transport(t).send(get(url));
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(content));
  assert.ok(pieces.length < 20 * 12, `${pieces.length} pieces`);
});

test('one connection serves requests that follow each other', async (t) => {
  const ports = new Set<number | undefined>();
  const url = await serve(t, (request, response) => {
    ports.add(request.socket.remotePort);
    response.end('answer');
  });
  const sender = transport(t);
  for (let count = 0; count < 3; count += 1) {
    const response = await sender.send(get(url));
    if (count === 1) response.discard();
    else await collectBytes(response.body, 100);
    await sleep(5);
  }
  assert.equal(ports.size, 1);
});

test('a body is sent with its length and piece by piece, and what its source throws is thrown', async (t) => {
  const lengths: (string | undefined)[] = [];
  const url = await serve(t, (request, response) => {
    lengths.push(request.headers['content-length'], request.headers['transfer-encoding']);
    let size = 0;
    request.on('data', (piece: Buffer) => (size += piece.byteLength));
    request.on('end', () => response.end(String(size)));
  });
  const sender = transport(t);
  const piece = Buffer.alloc(1 << 20);
  let told = 0;
  const body = {
    size: 5 << 20,
    async *open() {
      for (let count = 0; count < 5; count += 1) yield piece;
    },
    onSent: (sent: number) => (told = sent),
  };
  const response = await sender.send(get(url, { method: 'PUT', body }));
  assert.equal(String(await collectBytes(response.body, 100)), String(5 << 20));
  assert.deepEqual([...lengths, told], [String(5 << 20), undefined, 5 << 20]);
  const broken = {
    size: 10,
    async *open(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1);
      throw new RangeError('the file is gone');
    },
  };
  await assert.rejects(sender.send(get(url, { method: 'PUT', body: broken })), /the file is gone/);
  const short = { ...body, size: 6 << 20 };
  await assert.rejects(
    sender.send(get(url, { method: 'PUT', body: short })),
    /has 5242880 bytes instead of 6291456/,
  );
});

test('an answer to half a body is an answer, and the rest is kept', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(413).end('no'));
  const endless = {
    size: 1 << 30,
    async *open() {
      for (let sent = 0; sent < 1 << 30; sent += 1 << 20) {
        yield Buffer.alloc(1 << 20);
        await sleep(1);
      }
    },
  };
  const response = await transport(t).send(get(url, { method: 'PUT', body: endless }));
  assert.equal(response.status, 413);
});

test('HTTP_PROXY is asked, except for what NO_PROXY names', async (t) => {
  const seen: (string | undefined)[] = [];
  const proxy = await serve(t, (request, response) => {
    seen.push(request.url);
    response.end('by proxy');
  });
  const direct = await serve(t, (_, response) => response.end('direct'));
  const env = { HTTP_PROXY: proxy.origin, NO_PROXY: direct.host };
  const sender = transport(t, {}, env);
  const far = await sender.send(get(new URL('http://registry.invalid/v2/')));
  assert.equal(String(await collectBytes(far.body, 100)), 'by proxy');
  const near = await sender.send(get(direct));
  assert.equal(String(await collectBytes(near.body, 100)), 'direct');
  assert.deepEqual(seen, ['http://registry.invalid/v2/']);
});

test('connections that fail do so in the words that Docker prints', async (t) => {
  const sender = transport(t, { connect: 500 });
  const tls = { tls: { verify: true } };
  const plain = await serve(t, (_, response) => response.end());
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      'http://127.0.0.1:1/v2/team/tags/list',
      /^Get "http:\/\/127\.0\.0\.1:1\/v2\/": dial tcp 127\.0\.0\.1:1: connect: connection refused$/,
    ],
    [
      'https://no.invalid/v2/',
      /^Get "https:\/\/no\.invalid\/v2\/": dial tcp: lookup no\.invalid: (no such host|Temp.*)$/,
    ],
    [`https://${plain.host}/v2/x`, /^Get "https:.*\/v2\/": http: server gave HTTP response to HTTPS client$/],
  ];
  for (const [url, message] of cases) {
    await assert.rejects(sender.send(get(new URL(url), tls)), { code: 'registry-unavailable', message });
  }
});

test('a server that takes the connection and then says nothing is given up', async (t) => {
  const mute = createTcpServer(() => {});
  await new Promise<void>((resolve) => {
    mute.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => mute.close());
  const { port } = mute.address() as AddressInfo;
  const sender = transport(t, { connect: 40, idle: 80 });
  await assert.rejects(
    sender.send(get(new URL(`https://127.0.0.1:${port}/v2/`))),
    /dial tcp .*: i\/o timeout/,
  );
  const noHead = sender.send(get(new URL(`http://127.0.0.1:${port}/v2/`)));
  await assert.rejects(noHead, /timeout awaiting response headers/);
  const piece = Buffer.alloc(32 << 20);
  const body = {
    size: piece.byteLength,
    async *open() {
      yield piece;
    },
  };
  const stuck = sender.send(get(new URL(`http://127.0.0.1:${port}/v2/`), { method: 'PUT', body }));
  await assert.rejects(stuck, { code: 'registry-unavailable', message: /i\/o timeout/ });
});

test('a source that takes its time is not taken for a server that does not', async (t) => {
  const url = await serve(t, (request, response) => {
    request.resume().on('end', () => response.end('thanks'));
  });
  const body = {
    size: 2,
    async *open() {
      yield Buffer.from('a');
      await sleep(350);
      yield Buffer.from('b');
    },
  };
  const response = await transport(t, { idle: 200 }).send(get(url, { method: 'PUT', body }));
  assert.equal(String(await collectBytes(response.body, 10)), 'thanks');
});

test('an answer to HEAD leaves its connection good, however long the body would be', async (t) => {
  const ports = new Set<number | undefined>();
  const url = await serve(t, (request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(200, { 'content-length': String(1 << 30) }).end();
  });
  const sender = transport(t);
  for (let count = 0; count < 3; count += 1) {
    (await sender.send(get(url, { method: 'HEAD' }))).discard();
    await sleep(10);
  }
  assert.equal(ports.size, 1);
});
