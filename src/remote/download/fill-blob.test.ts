import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { LamellaError } from '../../base/errors.ts';
import { collectBytes, type ByteStream } from '../../base/streams.ts';
import { Digester, digestOf } from '../../oci/digest.ts';
import type { RemoteBlob } from '../client/repository.ts';
import { type ByteRange, chunkSize } from './chunk-record.ts';
import { createDownloads, type Downloads } from './downloads.ts';
import { fillBlob } from './fill-blob.ts';

/** 40 MiB and a bit: large enough for several ranges. */
const content = Buffer.alloc(40 * (1 << 20) + 12345);
for (let at = 0; at + 4 <= content.byteLength; at += 4096) content.writeUInt32LE(at, at);
const digest = digestOf(content);
const { signal } = new AbortController();

function downloads(t: TestContext): Downloads {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-download-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return createDownloads(folder);
}

/** A server of {@link content}; `cut` says after how many bytes an answer breaks. */
function server(options: { ranges?: boolean; cut?: (request: number) => number } = {}): {
  fetch: (range: ByteRange) => Promise<RemoteBlob>;
  requests: ByteRange[];
  sent: () => number;
} {
  const requests: ByteRange[] = [];
  let sent = 0;
  return {
    requests,
    sent: () => sent,
    fetch: async (asked) => {
      const range = options.ranges === false ? { start: 0, end: content.byteLength } : asked;
      const cut = options.cut?.(requests.length) ?? Infinity;
      requests.push(asked);
      async function* bytes(): ByteStream {
        for (let at = range.start; at < range.end; at += 1 << 16) {
          if (at - range.start >= cut) throw new Error('aborted');
          const piece = content.subarray(at, Math.min(range.end, at + (1 << 16)));
          sent += piece.byteLength;
          yield piece;
        }
      }
      return { start: range.start, bytes: bytes(), reject() {} };
    },
  };
}

async function fillAndRead(
  store: Downloads,
  { fetch }: { fetch: (range: ByteRange) => Promise<RemoteBlob> },
): Promise<void> {
  await using blob = await store.open(digest, content.byteLength);
  const reading = hash(blob.read());
  await fillBlob(blob, { fetch, signal });
  assert.equal(await reading, digest);
}

async function hash(stream: ByteStream): Promise<string> {
  const digester = new Digester();
  for await (const piece of stream) digester.update(piece);
  return digester.digest();
}

test('a large blob comes in several ranges, each byte once', async (t) => {
  const remote = server();
  await fillAndRead(downloads(t), remote);
  assert.equal(remote.sent(), content.byteLength);
  assert.ok(remote.requests.length >= 3);
});

test('a server without ranges sends all of it in one answer, and is asked once', async (t) => {
  const remote = server({ ranges: false });
  await fillAndRead(downloads(t), remote);
  // What the other requests had sent before they were given up.
  assert.ok(remote.sent() < 3 * content.byteLength);
});

test('connections that break again and again cost no byte twice but what was not written yet', async (t) => {
  const remote = server({ cut: (request) => 1e6 + request * 1e5 });
  await fillAndRead(downloads(t), remote);
  assert.ok(remote.sent() <= content.byteLength + remote.requests.length * (1 << 16));
});

test('a server without ranges whose connection breaks is asked again until all is here', async (t) => {
  const remote = server({ ranges: false, cut: (request) => (request < 4 ? (request + 1) * 9e6 : Infinity) });
  await fillAndRead(downloads(t), remote);
});

test('another process goes on where one has stopped', async (t) => {
  const store = downloads(t);
  const abort = new AbortController();
  const first = server();
  {
    await using blob = await store.open(digest, content.byteLength);
    const stopped = fillBlob(blob, {
      fetch: first.fetch,
      signal: abort.signal,
      onProgress: (received) => received > 20e6 && abort.abort(new Error('stopped')),
    });
    await assert.rejects(stopped, /stopped/);
  }
  assert.ok((await store.received(digest, content.byteLength)) >= 20e6);
  const second = server();
  await fillAndRead(store, second);
  assert.ok(first.sent() + second.sent() <= content.byteLength + 3 * chunkSize);
});

test('a server that sends nothing is given up, in the end', async (t) => {
  await using blob = await downloads(t).open(digest, content.byteLength);
  const fetch = async (): Promise<never> => {
    throw new LamellaError('not-found', 'blob unknown to registry', { code: 'blob-unknown' });
  };
  await assert.rejects(fillBlob(blob, { fetch, signal }), { code: 'blob-unknown' });
});

test('who reads a download that fails hears of it', async (t) => {
  await using blob = await downloads(t).open(digest, content.byteLength);
  const reading = collectBytes(blob.read(), content.byteLength);
  blob.fail(new Error('no more'));
  await assert.rejects(reading, /no more/);
});
