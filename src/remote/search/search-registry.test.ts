import assert from 'node:assert/strict';
import test from 'node:test';
import { LamellaError } from '../../base/errors.ts';
import type { RegistryClient } from '../client/repository.ts';
import { searchRepositories } from './search-registry.ts';

type Answer = { status: number; body: unknown; link?: string };

/** A client that can only do `json`. */
function answering(answer: (domain: string, path: string) => Answer): RegistryClient & { asked: string[] } {
  const asked: string[] = [];
  const refuse = (): never => assert.fail('not needed for a search');
  return {
    asked,
    repository: refuse,
    login: refuse,
    json: async (domain, path) => {
      asked.push(domain + path);
      return answer(domain, path);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

const found = (name: string, stars: number, isOfficial = false): Record<string, unknown> => ({
  name,
  description: `about ${name}`,
  star_count: stars,
  is_official: isOfficial,
  is_automated: false,
});

const nginx = [
  found('team/nginx-proxy', 900),
  found('bitnami/nginx', 500),
  found('nginx', 500, true),
  found('x', 3),
];
const hub = (): ReturnType<typeof answering> => answering(() => ({ status: 200, body: { results: nginx } }));

const namesOf = (results: readonly { name: string }[]): string[] => results.map(({ name }) => name);

test('searchRepositories() asks Docker Hub, gives the exact name first and then by stars', async () => {
  const client = hub();
  const results = await searchRepositories(client, 'nginx');
  assert.deepEqual(client.asked, ['index.docker.io/v1/search?q=nginx&n=100']);
  assert.deepEqual(namesOf(results), ['nginx', 'team/nginx-proxy', 'bitnami/nginx', 'x']);
  assert.deepEqual(results[0], {
    name: 'nginx',
    description: 'about nginx',
    stars: 500,
    isOfficial: true,
    isAutomated: false,
  });
});

test('searchRepositories() asks the registry that the term names', async () => {
  for (const [text, url] of [
    ['reg.test:5000/a b', 'reg.test:5000/v1/search?q=a%20b&n=100'],
    ['localhost/app', 'localhost/v1/search?q=app&n=100'],
    ['docker.io/library/app', 'index.docker.io/v1/search?q=app&n=100'],
    ['team/app', 'index.docker.io/v1/search?q=team%2Fapp&n=100'],
    ['reg.test/', 'reg.test/v1/search?q=&n=100'],
  ] as const) {
    const client = hub();
    await searchRepositories(client, text);
    assert.deepEqual(client.asked, [url]);
  }
});

test('searchRepositories() filters by stars and by what Docker made, before it counts', async () => {
  const search = async (filters: Record<string, string[]>, limit?: number): Promise<string[]> =>
    namesOf(await searchRepositories(hub(), 'nginx', { filters, limit }));
  assert.deepEqual(await search({ stars: ['500'] }, 2), ['nginx', 'team/nginx-proxy']);
  assert.deepEqual(await search({ stars: ['1', '600'] }), ['team/nginx-proxy']);
  assert.deepEqual(await search({ 'is-official': ['true'] }, 1), ['nginx']);
  assert.deepEqual(await search({ 'is-official': ['false'] }, 1), ['team/nginx-proxy']);
  assert.deepEqual(await search({ 'is-automated': ['true'] }), []);
  assert.deepEqual(await search({}, 0), ['nginx', 'team/nginx-proxy', 'bitnami/nginx', 'x']);
});

test('searchRepositories() refuses what Docker refuses, in its words, before it asks anybody', async () => {
  const client = answering(() => assert.fail('it was asked'));
  for (const [options, message] of [
    [{ limit: 101 }, 'limit 101 is outside the range of [1, 100]'],
    [{ filters: { stars: ['x'] } }, `invalid filter 'stars=x': strconv.Atoi: parsing "x": invalid syntax`],
    [{ filters: { foo: ['x'] } }, `invalid filter 'foo'`],
    [{ filters: { 'is-official': ['maybe'] } }, `invalid filter 'is-official=[maybe]'`],
  ] as const) {
    await assert.rejects(searchRepositories(client, 'nginx', options), { kind: 'invalid', message });
  }
  await assert.rejects(searchRepositories(client, 'http://reg.test/x'), {
    message: 'invalid repository name: repository name (http://reg.test/x) should not have a scheme',
  });
});

test('searchRepositories() looks through the names of a registry that has no search', async () => {
  const pages: Record<string, Answer> = {
    '/v2/_catalog?n=1000': {
      status: 200,
      body: { repositories: ['team/app', 'other', 'app-tools'] },
      link: '</v2/_catalog?last=other&n=1000>; rel="next"',
    },
    '/v2/_catalog?last=other&n=1000': {
      status: 200,
      body: { repositories: ['my-app', 'app', 'team/app'] },
      link: '<https://evil.test/v2/_catalog>; rel="next"',
    },
  };
  const client = answering((_domain, path) => pages[path] ?? { status: 404, body: undefined });
  const results = await searchRepositories(client, 'reg.test/app');
  assert.deepEqual(namesOf(results), ['app', 'team/app', 'app-tools', 'my-app']);
  assert.deepEqual(
    client.asked.slice(1),
    Object.keys(pages).map((path) => `reg.test${path}`),
  );
});

test('searchRepositories() takes a web page in place of a search for no search', async () => {
  for (const page of [
    (): Answer => ({ status: 200, body: undefined }),
    (): never => {
      throw new LamellaError('invalid', 'not JSON', { code: 'registry-answer-invalid' });
    },
  ]) {
    const client = answering((_domain, path) =>
      path.startsWith('/v1') ? page() : { status: 200, body: { repositories: ['app'] } },
    );
    assert.deepEqual(namesOf(await searchRepositories(client, 'reg.test/app')), ['app']);
  }
});

test('searchRepositories() says that a registry can neither be searched nor listed', async () => {
  const client = answering(() => ({ status: 404, body: undefined }));
  await assert.rejects(searchRepositories(client, 'reg.test/app'), {
    kind: 'unsupported',
    message: 'Unexpected status code 404',
  });
});

test('searchRepositories() ends with a registry whose list does not', async () => {
  let page = 0;
  const client = answering((_domain, path) => {
    if (path.startsWith('/v1')) return { status: 404, body: undefined };
    page += 1;
    const repositories = Array.from({ length: 1000 }, (_, index) => `app-${page}-${index}`);
    return { status: 200, body: { repositories }, link: `</v2/_catalog?last=${page}>; rel="next"` };
  });
  assert.equal((await searchRepositories(client, 'reg.test/app', { limit: 100 })).length, 100);
  assert.ok(page <= 100);
});

test('searchRepositories() takes nonsense from a server as far as it can be taken', async () => {
  const results = [
    null,
    7,
    [],
    {},
    { name: '' },
    { name: 'a', star_count: -4, is_official: 'yes', description: 5 },
    { name: 'b', star_count: 1e300, description: '\u001b[31mred' },
    { name: 'a', star_count: 1000 },
  ];
  const client = answering(() => ({ status: 200, body: { results } }));
  assert.deepEqual(await searchRepositories(client, 'x'), [
    { name: 'a', description: '', stars: 0, isOfficial: false, isAutomated: false },
    { name: 'b', description: '\u001b[31mred', stars: 0, isOfficial: false, isAutomated: false },
  ]);
});
