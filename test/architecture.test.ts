import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import test from 'node:test';

/**
 * The rooms of the house and what each may use. The order is the order of the floors: a room is named after all that it
 * stands on, so that no two rooms can lean on each other.
 */
const rooms: readonly (readonly [room: string, uses: readonly string[]])[] = [
  ['base', []],
  ['linux', ['base']],
  ['rootless', ['base', 'linux']],
  ['oci', ['base']],
  ['dockerfile', ['base', 'oci']],
  ['tar', ['base']],
  ['erofs', ['base', 'tar']],
  ['db', ['base']],
  ['blobs', ['base', 'oci', 'db']],
  ['layers', ['base', 'linux', 'oci', 'tar', 'erofs', 'db', 'blobs']],
  ['copy', ['base', 'linux', 'tar', 'layers']],
  ['images', ['base', 'oci', 'db', 'blobs', 'layers']],
  ['archive', ['base', 'oci', 'dockerfile', 'tar', 'blobs', 'layers', 'images']],
  ['remote', ['base', 'linux', 'oci', 'tar', 'db', 'blobs', 'layers', 'images']],
  ['events', ['base', 'db']],
  ['volumes', ['base', 'linux', 'db', 'events']],
  ['networks', ['base', 'linux', 'oci', 'db', 'events']],
  ['runtime', ['base', 'linux', 'oci', 'db', 'layers', 'images', 'events', 'volumes', 'networks']],
  ['build', ['base', 'linux', 'oci', 'dockerfile', 'tar', 'db', 'blobs', 'layers', 'images', 'runtime']],
  [
    'engine',
    [
      'base',
      'linux',
      'rootless',
      'oci',
      'dockerfile',
      'tar',
      'erofs',
      'db',
      'blobs',
      'layers',
      'copy',
      'images',
      'archive',
      'remote',
      'events',
      'volumes',
      'networks',
      'runtime',
      'build',
    ],
  ],
  ['cli', ['base', 'oci', 'engine']],
];

const source = join(import.meta.dirname, '..', 'src');
const rules = new Map(rooms);

function files(): string[] {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /(?:^|[\s;}])(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\(\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

function roomOf(file: string): string {
  const [first = '', second] = relative(source, file).split('/');
  return second === undefined ? '' : first;
}

test('the plan names every room after all that it uses', () => {
  const seen = new Set<string>();
  for (const [room, uses] of rooms) {
    for (const used of uses)
      assert.ok(seen.has(used), `${room} uses ${used}, which stands behind it in the plan`);
    seen.add(room);
  }
});

test('every folder under src/ is a room of the plan', () => {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(
    folders.map((entry) => entry.name).filter((name) => !rules.has(name)),
    [],
  );
});

test('no room imports from a room that it may not use', () => {
  const wrong: string[] = [];
  let checked = 0;
  for (const file of files()) {
    const room = roomOf(file);
    if (room === '') continue;
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      checked += 1;
      const target = roomOf(resolve(dirname(file), specifier));
      if (target !== room && !rules.get(room)?.includes(target)) {
        wrong.push(`${relative(source, file)} imports ${specifier}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(checked > 0, 'no import was found at all: the pattern of this test is broken');
});

test('only the command and the entries of the library stand outside the rooms', () => {
  const loose = files().filter((file) => roomOf(file) === '');
  assert.deepEqual(
    loose
      .map((file) => relative(source, file))
      .filter((name) => !['main.ts', 'index.ts', 'registry.ts'].includes(name)),
    [],
  );
});
