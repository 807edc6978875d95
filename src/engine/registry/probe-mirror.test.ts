import assert from 'node:assert/strict';
import test from 'node:test';
import { LamellaError } from '../../base/errors.ts';
import { streamOf } from '../../base/streams.ts';
import type { RegistryClient, RepositoryClient } from '../../remote/client/repository.ts';
import { parseMirrorUrl } from '../../remote/registries/mirror-url.ts';
import type { Endpoint } from '../../remote/registries/endpoint.ts';
import { RegistryContent } from '../../../test/support/fake-registry/content.ts';
import { makeRemoteImage, putImage } from '../../../test/support/fake-registry/images.ts';
import { memoryRepository } from '../../../test/support/memory-repository.ts';
import { probeMirror } from './probe-mirror.ts';

const mirror = 'https://mirror.example';

function content(files: Record<string, string>): RegistryContent {
  const content = new RegistryContent();
  putImage(content, 'library/hello-world', makeRemoteImage({ layers: [files] }), 'latest');
  return content;
}

/** What is known of servers and how to ask them, where each server is its content and what it does differently. */
function remoteWith(
  servers: Readonly<Record<string, (path: string) => RepositoryClient>>,
): Parameters<typeof probeMirror>[0] {
  const endpoint = (url: string): Endpoint => ({
    url,
    isMirror: url === mirror,
    credentialsOf: '',
    tls: { verify: true },
  });
  return {
    registries: {
      mirrorEndpoint: async (url) => endpoint(parseMirrorUrl(url)),
      endpoints: async () => [endpoint('https://registry-1.docker.io')],
    },
    clientOf: ([first]) =>
      ({
        repository: ({ path }: { path: string }) => (servers[first?.url ?? ''] ?? unreachable)(path),
        [Symbol.asyncDispose]: async () => {},
      }) as unknown as RegistryClient,
  };
}

const honest =
  (content: RegistryContent): ((path: string) => RepositoryClient) =>
  (path) =>
    memoryRepository(content, path);

const failing = (error: LamellaError) => (): RepositoryClient =>
  ({ resolve: async () => await Promise.reject(error) }) as unknown as RepositoryClient;

const unreachable = failing(
  new LamellaError('unavailable', 'connect ECONNREFUSED', { code: 'registry-unavailable' }),
);

const own = 'https://registry-1.docker.io';

test('a mirror that gives what its registry gives works', async () => {
  const same = content({ a: 'a' });
  assert.equal(
    (await probeMirror(remoteWith({ [mirror]: honest(same) }), `${mirror}/v2/hub/`, {})).url,
    `${mirror}/v2/hub`,
  );
  const result = await probeMirror(
    remoteWith({ [mirror]: honest(same), [own]: honest(same) }),
    `${mirror}/`,
    {},
  );
  const { latency, ...rest } = result;
  assert.equal(typeof latency, 'number');
  assert.deepEqual(rest, {
    url: mirror,
    registry: 'docker.io',
    works: true,
    image: 'hello-world:latest',
    digest: same.manifest('library/hello-world', 'latest')?.digest,
    isCurrent: true,
  });
});

test('a mirror that is behind works, and it is told', async () => {
  const [old, current] = [content({ a: 'a' }), content({ a: 'b' })];
  const result = await probeMirror(remoteWith({ [mirror]: honest(old), [own]: honest(current) }), mirror, {});
  assert.deepEqual([result.works, result.isCurrent], [true, false]);
});

test('where the registry itself cannot be reached, nothing is said of what is current', async () => {
  const result = await probeMirror(remoteWith({ [mirror]: honest(content({ a: 'a' })) }), mirror, {});
  assert.deepEqual([result.works, result.isCurrent], [true, undefined]);
});

test('the speed is told where there are enough bytes to tell', async () => {
  const big = content({ a: Buffer.alloc(1 << 20, 'a').toString() });
  const layer = Buffer.alloc(1 << 20);
  const { speed } = await probeMirror(
    remoteWith({
      [mirror]: (path) => ({
        ...memoryRepository(big, path),
        async blob() {
          const bytes = (async function* () {
            await new Promise((resolve) => setTimeout(resolve, 2));
            yield* streamOf(layer, layer);
          })();
          return { start: 0, bytes, reject: () => undefined };
        },
      }),
    }),
    mirror,
    {},
  );
  assert.ok(speed !== undefined && speed > 1e6, String(speed));
});

test('a mirror whose layer is something else does not work', async () => {
  const result = await probeMirror(
    remoteWith({
      [mirror]: (path) => ({
        ...memoryRepository(content({ a: 'a' }), path),
        blob: async ({ size }) => ({
          start: 0,
          bytes: streamOf(Buffer.alloc(size)),
          reject: () => undefined,
        }),
      }),
    }),
    mirror,
    {},
  );
  assert.deepEqual([result.works, result.problem], [false, 'wrong-content']);
});

const expired = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
const kinds = [
  ['unavailable', 'registry-unavailable', undefined, 'unreachable'],
  ['unavailable', 'registry-unavailable', expired, 'certificate'],
  ['unavailable', 'registry-rate-limited', undefined, 'limited'],
  ['unauthorized', 'registry-unauthorized', undefined, 'refused'],
  ['forbidden', 'registry-denied', undefined, 'refused'],
  ['invalid', 'registry-answer-invalid', undefined, 'not-a-registry'],
] as const;

for (const [kind, code, cause, problem] of kinds) {
  test(`what is wrong with a mirror is a word that advice can be given for: ${problem} for ${code}`, async () => {
    const error = new LamellaError(kind, 'why', { code, cause });
    assert.deepEqual(await probeMirror(remoteWith({ [mirror]: failing(error) }), mirror, {}), {
      url: mirror,
      registry: 'docker.io',
      works: false,
      problem,
      reason: 'why',
    });
  });
}

test('a registry that has none of the images is no mirror', async () => {
  const { problem, reason } = await probeMirror(
    remoteWith({ [mirror]: honest(new RegistryContent()) }),
    mirror,
    {},
  );
  assert.equal(problem, 'no-image');
  assert.equal(reason, 'it does not have busybox:latest, hello-world:latest, alpine:latest');
});

test('another registry needs an image that it has, unless one is known', async () => {
  const remote = remoteWith({ [mirror]: honest(content({ a: 'a' })) });
  await assert.rejects(probeMirror(remote, mirror, { registry: 'reg.example' }), {
    code: 'mirror-image-needed',
  });
  await assert.rejects(probeMirror(remote, mirror, { registry: 'reg.example', image: 'other.example/app' }), {
    code: 'mirror-image-needed',
  });
  const result = await probeMirror(remote, mirror, { image: 'reg.example/library/hello-world' });
  assert.deepEqual(
    [result.works, result.registry, result.image],
    [true, 'reg.example', 'reg.example/library/hello-world:latest'],
  );
  await assert.rejects(probeMirror(remote, 'mirror.example', {}), { code: 'mirror-invalid' });
});

test('Ctrl-C ends a test of a mirror at once', async () => {
  const controller = new AbortController();
  const hanging = (): RepositoryClient =>
    ({
      resolve: async (_: string, { signal }: { signal?: AbortSignal } = {}) =>
        await new Promise((_, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason as Error)),
        ),
    }) as unknown as RepositoryClient;
  const probing = probeMirror(remoteWith({ [mirror]: hanging }), mirror, { signal: controller.signal });
  setTimeout(() => controller.abort(new LamellaError('cancelled', 'cancelled', { code: 'cancelled' })), 5);
  await assert.rejects(probing, { kind: 'cancelled' });
});
