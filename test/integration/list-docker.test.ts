import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Digest } from '../../src/oci/digest.ts';
import { type ImageLab, openImageLab } from '../support/images.ts';
import { findPeers } from '../support/peers.ts';

type Docker = (...words: readonly string[]) => string;

const own = `list-${process.pid}`;

/** base (no name) ← app; a dangling one; other with two names, one of them of a repository below another. */
const family = [
  { name: 'base', tags: [] },
  { name: 'app', parent: 'base', tags: ['app:1', 'app:2'] },
  { name: 'dangling', tags: [] },
  { name: 'other', tags: ['team/other:1', 'other:latest'] },
] as const;

/** The same images in the real Docker and in a store here, told apart by a label. */
async function makeFamily(t: TestContext, docker: Docker): Promise<ImageLab> {
  const lab = openImageLab(t);
  const folder = mkdtempSync(join(tmpdir(), 'lamella-list-'));
  const dockerIds = new Map<string, string>();
  const ids = new Map<string, Digest>();
  t.after(() => {
    for (const id of [...dockerIds.values()].reverse()) {
      try {
        docker('rmi', '-f', id);
      } catch {
        // Pruned by the test.
      }
    }
    rmSync(folder, { recursive: true });
  });
  for (const image of family) {
    const parent = 'parent' in image ? image.parent : undefined;
    const dockerId = makeInDocker(docker, folder, image.name, parent && dockerIds.get(parent));
    dockerIds.set(image.name, dockerId);
    const names = image.tags.map((tag) => `${own}/${tag}`);
    for (const name of names) docker('tag', dockerId, name);
    const parentId = parent && ids.get(parent);
    const { id } = await lab.add({
      labels: { [own]: image.name },
      // A commit of what nothing was changed in adds no layer.
      layers: [parent ?? image.name],
      created: docker('inspect', '-f', '{{.Created}}', dockerId).trim(),
      names,
      ...(parentId !== undefined && { parentId }),
    });
    ids.set(image.name, id);
  }
  lab.clock = Date.now();
  return lab;
}

function makeInDocker(docker: Docker, folder: string, name: string, parent: string | undefined): string {
  const label = `LABEL ${own}=${name}`;
  if (parent === undefined) {
    writeFileSync(join(folder, name), name);
    execFileSync('tar', ['-C', folder, '-cf', join(folder, `${name}.tar`), name]);
    return docker('import', '--change', label, join(folder, `${name}.tar`)).trim();
  }
  const container = docker('create', parent, '/none').trim();
  try {
    return docker('commit', '--change', label, container).trim();
  } finally {
    docker('rm', container);
  }
}

const cases: readonly (readonly [filters: readonly string[], all?: boolean])[] = [
  [[]],
  [[], true],
  [['dangling=true']],
  [['dangling=false']],
  [['dangling=true'], true],
  [['dangling=false'], true],
  [[`label=${own}=app`]],
  [[`label=${own}`, `label=${own}=other`]],
  [[`before=${own}/other`]],
  [[`before=${own}/other`], true],
  [[`since=${own}/app:1`]],
  [[`since=${own}/app:1`, `before=${own}/other`]],
  [[`reference=${own}/*`]],
  [[`reference=${own}/*/*`]],
  [[`reference=${own}/app:2`]],
  [[`reference=${own}/app`]],
  [[`reference=*/app:[13]`]],
  [[`reference=*:latest`]],
  [[`reference=app`]],
  [[`reference=${own}/app:1`, `reference=${own}/other`]],
  [['until=10h']],
  [['until=0s'], true],
  [['until=2020-01-01T00:00:00']],
];

test('list() shows what the real Docker shows, whatever the filters', async (t) => {
  const docker = findPeers()?.docker;
  if (docker === undefined) return t.skip('needs the real Docker: install the peers');
  const lab = await makeFamily(t, docker);
  for (const [filters, all = false] of cases) {
    // The label keeps out what else is in that Docker.
    const wanted = [...filters, `label=${own}`];
    const words = wanted.flatMap((filter) => ['--filter', filter]);
    const format = ['--no-trunc', '--format', '{{.Repository}}:{{.Tag}}'];
    const expected = docker('images', ...(all ? ['-a'] : []), ...words, ...format).trim();
    const shown = lab.images
      .list({ all, filters: byKey(wanted) })
      .flatMap(({ repoTags }) => (repoTags.length === 0 ? ['<none>:<none>'] : repoTags));
    assert.equal(
      shown.toSorted(byText).join('\n'),
      expected.split('\n').toSorted(byText).join('\n'),
      words.join(' '),
    );
  }
});

const prunes: readonly (readonly [all: boolean, filters: readonly string[]])[] = [
  [false, []],
  [true, []],
  [true, [`label!=${own}=other`]],
  [true, [`label=${own}=app`]],
  [true, ['until=10h']],
];

for (const [all, filters] of prunes) {
  test(`prune() removes what the real Docker removes: ${all ? '-a ' : ''}${filters.join(' ')}`, async (t) => {
    const docker = findPeers()?.docker;
    if (docker === undefined) return t.skip('needs the real Docker: install the peers');
    const lab = await makeFamily(t, docker);
    const wanted = [...filters, `label=${own}`];
    const words = wanted.flatMap((filter) => ['--filter', filter]);
    const expected = docker('image', 'prune', '-f', ...(all ? ['-a'] : []), ...words);
    const { lines } = lab.images.prune({ all, filters: byKey(wanted) });
    // IDs differ; names and numbers must not.
    const shown = lines.map((line) => ('untagged' in line ? `untagged: ${line.untagged}` : 'deleted'));
    const dockerShown = expected
      .split('\n')
      .filter((line) => /^(?:untagged|deleted): /.test(line))
      .map((line) => line.replace(/^deleted: .*/, 'deleted'));
    assert.deepEqual(shown.toSorted(byText), dockerShown.toSorted(byText));
    const left = docker('images', '-a', '-q', '--filter', `label=${own}`).split('\n').filter(Boolean);
    assert.equal(lab.images.list({ all: true }).length, new Set(left).size);
  });
}

/** `label!=x` has the key `label!`, as Docker's command line splits it. */
function byKey(filters: readonly string[]): Record<string, string[]> {
  const grouped = Object.groupBy(filters, (filter) => filter.slice(0, filter.indexOf('=')));
  return Object.fromEntries(
    Object.entries(grouped).map(([key, values = []]) => [
      key,
      values.map((value) => value.slice(key.length + 1)),
    ]),
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
