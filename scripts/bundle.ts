import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

// Built beside dist/ and renamed into place, so that a command that starts meanwhile finds the old or the new bundle.
const root = join(import.meta.dirname, '..');
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
const old = `${fresh}.old`;
await rename(join(root, 'dist'), old).catch(() => {});
await rename(fresh, join(root, 'dist'));
await rm(old, { recursive: true, force: true });
