import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { runCommand } from '../support/command.ts';
import { makeTinyArchive, temporaryFolder } from '../support/tiny-image.ts';

const checkout = join(import.meta.dirname, '..', '..');

/** The indented block of a Markdown file that uses the library. */
function exampleOf(file: string): string {
  const text = readFileSync(join(checkout, file), 'utf8');
  const blocks = text.match(/(?:^(?: {4}.*)?\n)+/gm) ?? [];
  const example = blocks.find((block) => block.includes("from 'lamella'"));
  assert.ok(example !== undefined, `${file} has no example`);
  return example.replace(/^ {4}/gm, '').trim();
}

test('the example of the README runs', async (t) => {
  const folder = temporaryFolder(t);
  await makeTinyArchive(folder);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(checkout, join(folder, 'node_modules', 'lamella'));
  writeFileSync(join(folder, 'example.mjs'), exampleOf('README.md'));
  const { code, stdout, stderr } = await runCommand(process.execPath, ['example.mjs'], { cwd: folder });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^sha256:[0-9a-f]{64}\n\[ 'mine:1' \] [1-9]\d*\n$/);
});

test('the Chinese README has the same example', () => {
  assert.equal(exampleOf('README.zh-CN.md'), exampleOf('README.md'));
});

test('one call pulls, another pushes, and both tell how far they are', async (t) => {
  await using registry = await startFakeRegistry();
  const { descriptor } = registry.image('team/app', '1', { layers: [{ 'a.txt': 'a' }] });
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(checkout, join(folder, 'node_modules', 'lamella'));
  writeFileSync(
    join(folder, 'carry.mjs'),
    `
    import { openEngine } from 'lamella';
    import { isLamellaError, pull, push, search, tags } from 'lamella/registry';
    const host = process.argv[2];
    const root = './store';
    const states = new Set();
    const onProgress = ({ status }) => states.add(status);
    const pulled = await pull(host + '/team/app:1', { root, onProgress });
    await using engine = openEngine({ root });
    await (await engine.images()).tag(host + '/team/app:1', host + '/team/copy:2');
    const pushed = await push(host + '/team/copy:2', { root, onProgress });
    const failure = await pull(host + '/team/none:1', { root }).catch((error) => error);
    const names = [];
    for await (const { name } of tags(host + '/team/copy', { root })) names.push(name);
    console.log(JSON.stringify({ pulled, pushed, names, states: [...states], kind: isLamellaError(failure) && failure.kind }));
    `,
  );
  const { code, stdout, stderr } = await runCommand(process.execPath, ['carry.mjs', registry.domain], {
    cwd: folder,
  });
  assert.equal(code, 0, stderr);
  const told = JSON.parse(stdout) as {
    pulled: object;
    pushed: object;
    names: string[];
    states: string[];
    kind: string;
  };
  assert.deepEqual(told.pulled, { ...told.pulled, digest: descriptor.digest, isNewer: true });
  assert.deepEqual(told.pushed, { ...told.pushed, digest: descriptor.digest, tag: '2' });
  assert.deepEqual(told.names, ['2']);
  assert.equal(told.kind, 'not-found');
  for (const status of ['Pull complete', 'Mounted from team/app'])
    assert.ok(told.states.includes(status), status);
});

test('a program in strict TypeScript can call all of the library and name what it gets', (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(checkout, join(folder, 'node_modules', 'lamella'));
  symlinkSync(join(checkout, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
  symlinkSync(join(checkout, 'node_modules', 'undici-types'), join(folder, 'node_modules', 'undici-types'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'program.ts'), program);
  const compilerOptions = {
    target: 'esnext',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, preserveSymlinks: true },
      files: ['program.ts'],
    }),
  );
  const { status, stdout } = spawnSync(join(checkout, 'node_modules', '.bin', 'tsc'), ['--project', folder]);
  assert.equal(String(stdout), '');
  assert.equal(status, 0);
});

const program = `
import { openEngine, isLamellaError, LamellaError } from 'lamella';
import type { ApiObject, ByteStream, ContainerSummary, Engine, EngineOptions, ErrorKind, Filters } from 'lamella';
import type { ImageSummary, LoadedImage, NewContainer, OutputPiece, ProgressEvent, RunningExec } from 'lamella';

const options: EngineOptions = { root: './store' };
await using engine: Engine = openEngine(options);
const images = await engine.images();
const filters: Filters = { label: ['a=b'] };
const found: ImageSummary[] = [...(await images.list()), ...(await images.list({ filters }))];
const onProgress = (event: ProgressEvent): void => console.log(event.status, event.current);
const loaded: LoadedImage[] = [];
for await (const image of images.load({ path: 'images.tar' }, { onProgress })) loaded.push(image);
const { content }: { content: ByteStream } = await images.save(['debian']);
const inspected: ApiObject = await images.inspect('debian');
await images.remove('debian');
await images.undo();
await images.prune();

const containers = await engine.containers();
const wanted: NewContainer = { config: { Image: 'debian', Cmd: ['true'] }, hostConfig: { AutoRemove: true } };
const { id } = await containers.create(wanted);
const all: ContainerSummary[] = await containers.list({ all: true });
const { exitCode } = await containers.wait(id);
const inside: RunningExec = await containers.exec(id, { command: ['ls'] });
const written: OutputPiece[] = await Array.fromAsync(containers.logs(id));
await containers.stop(id, { timeout: 1 });
await containers.kill(id);
await containers.commit(id, { reference: 'mine:1' });
await containers.remove(id);
const { damage } = await (await engine.system()).check();
try {
  await containers.start(id);
} catch (error) {
  const kind: ErrorKind | undefined = isLamellaError(error) ? error.kind : undefined;
  console.log(kind, error instanceof LamellaError, { found, loaded, content, inspected, all, exitCode, inside, written, damage });
}
`;
