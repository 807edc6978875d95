import assert from 'node:assert/strict';
import test from 'node:test';
import type { HttpRequest, HttpResponse } from './message.ts';
import { redirectTarget, sendFollowing } from './redirects.ts';
import { delayAfter, parseRetryAfter } from './retry.ts';
import { ServerFailure } from './failure.ts';
import type { Transport } from './transport.ts';

/** Answers with a redirect for each location, and then with 200. */
function redirecting(locations: readonly string[], status = 307): Transport & { asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    async send(request) {
      const location = locations[asked.length];
      asked.push(request);
      return answer(request.url, location === undefined ? 200 : status, location);
    },
    [Symbol.dispose]() {},
  };
}

function answer(url: URL, status: number, location: string | undefined): HttpResponse {
  const empty = (async function* () {})();
  const header = (name: string): string | undefined => (name === 'location' ? location : undefined);
  return { status, url, header, headers: () => [], body: empty, discard() {} };
}

const request: HttpRequest = {
  method: 'GET',
  url: new URL('https://registry.example/v2/a/blobs/sha256:1'),
  tls: { verify: true, cert: 'ours', key: 'ours' },
  headers: { authorization: 'Basic secret', accept: '*/*' },
};

test('a redirect to another origin sees no credentials and no client certificate, and neither does what follows', async () => {
  const transport = redirecting(['https://storage.example/x']);
  await sendFollowing(transport, request);
  assert.deepEqual(transport.asked[1]?.headers, { accept: '*/*' });
  assert.deepEqual(transport.asked[1]?.tls, { verify: true });
  const there = redirecting(['https://storage.example/x', 'https://registry.example/y']);
  await sendFollowing(there, request);
  assert.equal(there.asked[2]?.headers['authorization'], undefined);
});

test('a redirect on the same origin keeps credentials', async () => {
  const transport = redirecting(['/elsewhere']);
  await sendFollowing(transport, request);
  assert.equal(transport.asked[1]?.url.href, 'https://registry.example/elsewhere');
  assert.equal(transport.asked[1]?.headers['authorization'], 'Basic secret');
});

test('another port is another origin', async () => {
  const transport = redirecting(['https://registry.example:444/x']);
  await sendFollowing(transport, request);
  assert.equal(transport.asked[1]?.headers['authorization'], undefined);
});

test('redirects end after five', async () => {
  const transport = redirecting(Array.from({ length: 9 }, () => '/again'));
  await assert.rejects(sendFollowing(transport, request), /stopped after 5 redirects/);
  assert.equal(transport.asked.length, 6);
});

test('a POST is not sent on by 302, which would make it a GET', async () => {
  const transport = redirecting(['/elsewhere'], 302);
  const response = await sendFollowing(transport, { ...request, method: 'POST' });
  assert.equal(response.status, 302);
});

test('redirects lead neither out of TLS, nor to other schemes, nor to link-local addresses', () => {
  for (const location of [
    'http://registry.example/x',
    'file:///etc/passwd',
    'ftp://x/y',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/latest',
    'https://[fe80::1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://100.100.100.200/latest',
    'https://[',
  ]) {
    assert.throws(
      () => redirectTarget(location, request.url, request.url),
      { code: 'registry-answer-invalid' },
      location,
    );
  }
  const there = new URL('http://169.254.1.1/v2/');
  assert.equal(redirectTarget('/x', there, there).href, 'http://169.254.1.1/x');
});

test('Retry-After is seconds or a date', () => {
  assert.equal(parseRetryAfter('7'), 7000);
  assert.equal(parseRetryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 10_000), 50_000);
  assert.equal(parseRetryAfter('soon'), undefined);
  assert.equal(parseRetryAfter(undefined), undefined);
});

test('delayAfter() waits longer each time, as long as the server says, and not for hours', () => {
  const patience = { retries: 3, firstDelay: 100, longestDelay: 1000, longestRetryAfter: 5000 };
  const failure = (retryAfter?: number): ServerFailure =>
    new ServerFailure('unavailable', 'busy', {
      code: 'registry-unavailable',
      again: 'patiently',
      retryAfter,
    });
  const first = delayAfter(failure(), 0, patience) ?? 0;
  const third = delayAfter(failure(), 2, patience) ?? 0;
  assert.ok(first >= 50 && first <= 150 && third >= 200 && third <= 600);
  assert.ok((delayAfter(failure(4000), 0, patience) ?? 0) >= 4000);
  assert.equal(delayAfter(failure(6000), 0, patience), undefined);
  assert.equal(delayAfter(failure(), 3, patience), undefined);
});
