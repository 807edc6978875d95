import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown, type InputOptions, type Plugin } from 'rolldown';

/**
 * What people start, as fast as it goes: one CommonJS file (resolving 40 modules takes longer than reading one file), its
 * compiled code kept beside it, and Node.js's own modules loaded when first used (crypto alone takes 20 ms).
 */

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const fresh = join(root, `dist.${process.pid}`);
const shared: InputOptions = { platform: 'node', external: [/^node:/, 'koffi'], cwd: root };
const minify = { mangle: false, compress: true, codegen: true };

await writeCommand();
await writeLibrary();
await warmUp();

// Renamed into place one by one, so that a command that starts meanwhile finds the old file or the new one.
await mkdir(dist, { recursive: true });
for (const folder of ['cache', 'library']) await rm(join(dist, folder), { recursive: true, force: true });
for (const name of await readdir(fresh)) await rename(join(fresh, name), join(dist, name));
await rm(fresh, { recursive: true });

async function writeCommand(): Promise<void> {
  const bundle = await rolldown({ ...shared, input: { main: 'src/main.ts' } });
  await bundle.write({
    dir: fresh,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    codeSplitting: false,
    minify,
    banner: lazily.toString(),
    plugins: [lazyBuiltins()],
  });
  await bundle.close();
  await escapeNonAscii(join(fresh, 'main.cjs'));
  await writeFile(
    join(fresh, 'lamella.cjs'),
    `require('node:module').enableCompileCache({ directory: __dirname + '/cache', portable: true });\nrequire('./main.cjs');\n`,
  );
}

async function writeLibrary(): Promise<void> {
  const bundle = await rolldown({ ...shared, input: { index: 'src/index.ts', registry: 'src/registry.ts' } });
  await bundle.write({ dir: fresh, format: 'esm', chunkFileNames: 'library/[name].js', minify });
  await bundle.close();
}

/** Lets Node.js keep what it compiles for the most common command. */
async function warmUp(): Promise<void> {
  const store = await mkdtemp(join(tmpdir(), 'lamella-bundle-'));
  spawnSync(process.execPath, [join(fresh, 'lamella.cjs'), '--root', store, 'images'], { stdio: 'ignore' });
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
    /require\(["'`](node:(?:child_process|crypto|fs\/promises|module|net|os|sqlite|timers\/promises|tty|v8|zlib))["'`]\)/g;
  return { name: 'lazy-builtins', renderChunk: (code) => code.replace(pattern, 'lazily("$1")') };
}
