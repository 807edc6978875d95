import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown, type CodeSplittingGroup, type InputOptions, type Plugin } from 'rolldown';

/**
 * What people start, as fast as it goes: a few CommonJS files (resolving 40 modules takes longer than reading one file, but
 * reading all for what a part can do takes 20 ms), their compiled code kept beside them, and Node.js's own modules loaded
 * when first used (crypto and TLS alone take 40 ms).
 */

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const fresh = join(root, `dist.${process.pid}`);
const shared: InputOptions = { platform: 'node', external: [/^node:/, 'koffi'], cwd: root };
const minify = { mangle: false, compress: true, codegen: true };

/**
 * The files of the command, by the modules with which each comes whole: all that these import, but for what is in a file
 * before. What only few commands need stays alone.
 */
const parts: Readonly<Record<string, readonly string[]>> = {
  core: ['main', 'engine/engine', 'engine/image-engine', 'cli/commands/image/list'],
  layers: ['layers/store'],
  remote: [
    'engine/registry-engine',
    'engine/registry/pull',
    'engine/registry/push',
    'cli/commands/image/pull',
  ],
  containers: ['engine/container-engine', 'cli/commands/container/run'],
};

await writeCommand();
await writeLibrary();
await warmUp();

// Renamed into place one by one, what others name first, so that a command that starts meanwhile finds the old ones or the new
// ones; and one that runs already finds the parts that it has yet to load: they have their content's hash in their names.
const commandParts = join(dist, 'command');
await mkdir(commandParts, { recursive: true });
for (const folder of ['cache', 'library']) await rm(join(dist, folder), { recursive: true, force: true });
const partNames = await readdir(join(fresh, 'command'));
for (const name of partNames) await rename(join(fresh, 'command', name), join(commandParts, name));
await rm(join(fresh, 'command'), { recursive: true });
for (const name of await readdir(fresh)) await rename(join(fresh, name), join(dist, name));
await rm(fresh, { recursive: true });
await removeOldParts(partNames);

/** Commands that run for longer have loaded all that they need. */
async function removeOldParts(present: readonly string[]): Promise<void> {
  const old = Date.now() - 3_600_000;
  for (const name of await readdir(commandParts)) {
    const path = join(commandParts, name);
    if (!present.includes(name) && (await stat(path)).mtimeMs < old) await rm(path, { force: true });
  }
}

async function writeCommand(): Promise<void> {
  const bundle = await rolldown({ ...shared, input: { main: 'src/main.ts' } });
  await bundle.write({
    dir: fresh,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'command/[name]-[hash].cjs',
    codeSplitting: { groups: Object.keys(parts).map(groupOf) },
    minify,
    banner: lazily.toString(),
    plugins: [lazyBuiltins()],
  });
  await bundle.close();
  for (const file of [
    'main.cjs',
    ...(await readdir(join(fresh, 'command'))).map((name) => `command/${name}`),
  ]) {
    await escapeNonAscii(join(fresh, file));
  }
  await writeFile(
    join(fresh, 'lamella.cjs'),
    `require('node:module').enableCompileCache({ directory: __dirname + '/cache', portable: true });\nrequire('./main.cjs');\n`,
  );
}

/** All that its entries import, directly or not; what they import when it is needed comes when it is needed. */
function groupOf(name: string): CodeSplittingGroup {
  const entries = new Set(parts[name]?.map((entry) => join(root, 'src', `${entry}.ts`)));
  let members: Set<string> | undefined;
  return {
    debugName: name,
    name(id, context) {
      members ??= closure(entries, (each) => context.getModuleInfo(each)?.importedIds ?? []);
      return members.has(id) ? name : null;
    },
  };
}

function closure(entries: ReadonlySet<string>, next: (id: string) => readonly string[]): Set<string> {
  const all = new Set(entries);
  for (const id of all) for (const other of next(id)) all.add(other);
  return all;
}

async function writeLibrary(): Promise<void> {
  const bundle = await rolldown({ ...shared, input: { index: 'src/index.ts', registry: 'src/registry.ts' } });
  await bundle.write({ dir: fresh, format: 'esm', chunkFileNames: 'library/[name].js', minify });
  await bundle.close();
}

/** Lets Node.js keep what it compiles for common commands: one that succeeds, and one that finds no image anywhere. */
async function warmUp(): Promise<void> {
  const store = await mkdtemp(join(tmpdir(), 'lamella-bundle-'));
  const registry = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  for (const words of [['images'], ['run', `127.0.0.1:${port}/none`]]) {
    const argv = [join(fresh, 'lamella.cjs'), '--root', store, ...words];
    await once(spawn(process.execPath, argv, { stdio: 'ignore' }), 'exit');
  }
  registry.close();
  await rm(store, { recursive: true });
  // Node.js makes these files for their owner alone, but everybody who may run the command may read them.
  for (const entry of await readdir(join(fresh, 'cache'), { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

/** Text in ASCII is read and kept at half the cost; all that is not stands in strings and templates. */
async function escapeNonAscii(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const escaped = text.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  await writeFile(path, escaped);
}

/** In the bundle: a module of Node.js that is loaded when something of it is first used. */
function lazily(name: string): object {
  return new Proxy({}, { get: (_, key) => Reflect.get(require(name) as object, key) });
}

function lazyBuiltins(): Plugin {
  const pattern =
    /require\(["'`](node:(?:child_process|crypto|dns|dns\/promises|fs\/promises|http|https|module|net|os|sqlite|timers\/promises|tls|tty|v8|zlib))["'`]\)/g;
  return { name: 'lazy-builtins', renderChunk: (code) => code.replace(pattern, 'lazily("$1")') };
}
