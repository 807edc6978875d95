import assert from 'node:assert/strict';
import { globSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { makeImage, makeLayer, ociLayout, tarOf } from '../support/archives.ts';
import {
  copyStore,
  makeLabFolder,
  runHere,
  runKilledAt,
  runWithCopies,
  type StoreView,
  viewStore,
} from '../support/crash-lab.ts';

interface Scenario {
  readonly name: string;
  /** What was done before, each step a command. */
  readonly before: readonly (readonly string[])[];
  readonly args: readonly string[];
  readonly input?: Uint8Array;
  readonly undoWindow?: number;
  /** Its image has the present time in it, and so another ID each time. */
  readonly makesNewId?: boolean;
  /** Done twice it does something else, so that it is not done again where it has been done. */
  readonly onlyOnce?: boolean;
}

const layers = [1, 2, 3].map((number) => makeLayer({ [`file${number}`]: `content ${number} `.repeat(100) }));
const first = makeImage(layers, ['first:1']);
const second = makeImage(layers.slice(0, 2), ['second:1'], { author: 'somebody' });
const several = layers.slice(0, 2).map((layer, at) => makeImage([layer], [`several:${at}`]));
const archives = {
  'first.tar': tarOf(ociLayout([first], 'gzip')),
  'second.tar': tarOf(ociLayout([second], 'none')),
  'several.tar': tarOf(ociLayout(several, 'none')),
  'layer.tar': layers[2]?.tar ?? Buffer.alloc(0),
};
const loadFirst = ['load', '-i', 'first.tar'];
const loadSecond = ['load', '-i', 'second.tar'];

const scenarios: readonly Scenario[] = [
  { name: 'load', before: [], args: loadFirst },
  {
    name: 'load of what is partly there, from a pipe',
    before: [loadSecond],
    args: ['load'],
    input: archives['first.tar'],
  },
  { name: 'load of several images', before: [], args: ['load', '-i', 'several.tar'] },
  { name: 'import', before: [loadSecond], args: ['import', 'layer.tar', 'imported:1'], makesNewId: true },
  {
    name: 'commit',
    before: [loadFirst, ['create', '--name', 'box', 'first:1', '/x']],
    args: ['commit', 'box', 'committed:1'],
    makesNewId: true,
  },
  { name: 'rmi', before: [loadFirst, loadSecond], args: ['rmi', 'first:1'] },
  { name: 'rmi without undo', before: [loadFirst, loadSecond], args: ['rmi', 'first:1'], undoWindow: 0 },
  { name: 'image prune -a', before: [loadFirst, loadSecond], args: ['image', 'prune', '-a', '-f'] },
  { name: 'tag', before: [loadFirst, loadSecond], args: ['tag', 'first:1', 'second:1'] },
  { name: 'undo', before: [loadFirst, loadSecond, ['rmi', 'first:1']], args: ['undo'], onlyOnce: true },
];

/** Real kills for each scenario, besides the look at what a kill before any step would leave. */
const realKills = 5;

for (const scenario of scenarios) {
  test(`killed before any of its steps, "${scenario.name}" leaves a sound store, and done again is done`, async (t) => {
    const folder = makeLabFolder();
    t.after(() => rmSync(folder, { recursive: true }));
    for (const [name, bytes] of Object.entries(archives)) writeFileSync(join(folder, name), bytes);
    const inFolder = (args: readonly string[]): string[] =>
      args.map((arg) => (arg in archives ? join(folder, arg) : arg));
    const args = inFolder(scenario.args);
    const proven = new Set<string>();

    const base = join(folder, 'base');
    mkdirSync(base);
    for (const step of scenario.before) await succeed(base, inFolder(step));
    for (const upper of globSync(join(base, 'containers/*/upper'))) {
      writeFileSync(join(upper, 'new'), 'new');
      for (const path of [join(upper, 'new'), upper]) utimesSync(path, 1e9, 1e9);
    }
    const before = await viewStore(base, proven);
    const root = join(folder, 'root');
    copyStore(base, root);
    const copies = join(folder, 'copies');
    const unharmed = await runWithCopies(root, args, copies, scenario);
    assert.equal(unharmed.code, 0, unharmed.stderr);
    const done = await viewStore(root, proven);
    await prune(root);
    const goal: Goal = { before, done, tidy: await viewStore(root, proven), args, scenario, proven };
    assert.deepEqual(done.problems, []);

    const { steps } = unharmed;
    const told = steps.findIndex((step) => step.includes(' print '));
    const hasTold = (position: number): boolean => told !== -1 && position > told;
    for (const [position, step] of steps.entries()) {
      await assertRecovers(join(copies, String(position + 1)), step, hasTold(position), goal);
    }
    for (let kill = 1; kill <= realKills; kill += 1) {
      rmSync(root, { recursive: true });
      copyStore(base, root);
      const at = Math.ceil((steps.length * kill) / (realKills + 1));
      const killed = await runKilledAt(root, args, at, scenario);
      assert.notEqual(killed.code, 0, 'it was not killed');
      await assertRecovers(root, killed.steps.at(-1) ?? '', killed.stdout !== '', goal);
    }
    t.diagnostic(`${steps.length} steps and ${realKills} real kills`);
  });
}

interface Goal {
  readonly scenario: Scenario;
  readonly args: readonly string[];
  readonly before: StoreView;
  readonly done: StoreView;
  /** When what is not needed has been removed, too. */
  readonly tidy: StoreView;
  readonly proven: Set<string>;
}

async function assertRecovers(root: string, step: string, hasTold: boolean, goal: Goal): Promise<void> {
  const { scenario, args, before, done, tidy, proven } = goal;
  const where = `killed before ${step}`;
  const tags = (view: StoreView): string => tagsOf(view, scenario);
  const after = await viewStore(root, proven);
  assert.deepEqual(after.problems, [], where);
  const wasDone = tags(after) === tags(done);
  if (!wasDone) assert.equal(tags(after), tags(before), where);
  if (hasTold) assert.ok(wasDone, `${where}, it had told somebody that it was done`);

  if (!(wasDone && scenario.onlyOnce === true)) {
    const again = await runHere(root, args, scenario);
    if (again.code !== 0) {
      assert.match(again.stderr, /No such image/, where);
      assert.ok(wasDone, where);
    }
  }
  await prune(root);
  assert.deepEqual(shapeOf(await viewStore(root, proven), scenario), shapeOf(tidy, scenario), where);
}

function tagsOf({ tags }: StoreView, { makesNewId = false }: Scenario): string {
  const names = Object.keys(tags).sort();
  return names.map((name) => (makesNewId ? name : `${name} ${tags[name]}`)).join('\n');
}

/** All that there is, without the names of what depends on the time. */
function shapeOf(view: StoreView, scenario: Scenario): object {
  const { problems, files, rows } = view;
  const listed = files.map((file) =>
    scenario.makesNewId === true ? file.replace(/(blobs\/sha256\/).+/, '$1…') : file,
  );
  return { problems, files: listed.sort(), rows, tags: tagsOf(view, scenario) };
}

async function prune(root: string): Promise<void> {
  await succeed(root, ['image', 'prune', '-f']);
}

async function succeed(root: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runHere(root, args);
  assert.equal(code, 0, `lamella ${args.join(' ')}: ${stderr}`);
}
