import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** How long files of an earlier bundle stay for commands that are still running from it, in milliseconds. */
const grace = 24 * 3_600_000;

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const fresh = join(root, `dist.${process.pid}`);

const bundle = await rolldown({
  cwd: root,
  input: { lamella: 'src/main.ts', index: 'src/index.ts' },
  platform: 'node',
  external: [/^node:/, 'koffi'],
  treeshake: true,
});
await bundle.write({
  dir: fresh,
  format: 'esm',
  minify: { mangle: false, compress: true, codegen: true },
  sourcemap: false,
});
await bundle.close();

// A command loads its parts while it runs. Parts have names with a hash: the new ones go beside the old ones, and the
// two entries, which name them, come last.
await mkdir(dist, { recursive: true });
const built = await readdir(fresh);
const isEntry = (name: string): boolean => name === 'index.js' || name === 'lamella.js';
for (const name of built.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
  await rename(join(fresh, name), join(dist, name));
}
await rm(fresh, { recursive: true });
for (const name of await readdir(dist)) {
  const path = join(dist, name);
  if (!built.includes(name) && Date.now() - (await stat(path)).mtimeMs > grace)
    await rm(path, { recursive: true });
}
