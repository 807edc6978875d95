/**
 * Loaded into the command with `NODE_OPTIONS=--import`: kills it with SIGKILL just before the step that the environment
 * names, or keeps a copy of the store as it is before each step, which is what a kill there would have left. A step is
 * what changes a store or tells somebody: a file made, written, synced, renamed or removed under the root, the beginning
 * or end of a transaction, and a line on stdout. A killed write is cut in the middle.
 *
 *     LAMELLA_ROOT   only what happens below it counts
 *     KILL_LOG       gets a line for each step: the last one is where it was killed
 *     KILL_AT_STEP   from 1
 *     KILL_COPIES    a folder for the copies, which are named after the step
 */
import { DatabaseSync } from 'node:sqlite';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative, resolve } from 'node:path';

type Method = (...args: unknown[]) => unknown;
type Methods = Record<string, Method>;

const { appendFileSync, copyFileSync, lstatSync, mkdirSync, readdirSync, utimesSync, writeSync } = fs;
const root = process.env['LAMELLA_ROOT'] ?? '';
const killAt = Number(process.env['KILL_AT_STEP'] ?? Infinity);
const logPath = process.env['KILL_LOG'] ?? '';
const copies = process.env['KILL_COPIES'] ?? '';
let steps = 0;

function step(name: string, atDeath?: () => void): void {
  steps += 1;
  appendFileSync(logPath, `${steps} ${name}\n`);
  if (copies !== '') copyTree(root, join(copies, String(steps)));
  if (steps !== killAt) return;
  atDeath?.();
  process.kill(process.pid, 'SIGKILL');
}

/** What is removed meanwhile, by a thread that works for another step, is not in the copy. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    try {
      if (entry.isDirectory()) copyTree(source, target);
      else copyFileSync(source, target);
      const { atime, mtime } = lstatSync(source);
      utimesSync(target, atime, mtime);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

function insideRoot(path: unknown): string | undefined {
  if (typeof path !== 'string' && !Buffer.isBuffer(path)) return undefined;
  const inside = relative(root, resolve(String(path)));
  return inside.startsWith('..') ? undefined : inside.replace(/[0-9a-f]{16,}/g, (hex) => hex.slice(0, 4));
}

function wrap(object: Methods, name: string, before: (args: unknown[], self: unknown) => void): void {
  const original = object[name];
  if (original === undefined) throw new Error(`there is no ${name} to wrap`);
  object[name] = function (this: unknown, ...args: unknown[]): unknown {
    before(args, this);
    return original.apply(this, args);
  };
}

const sync = fs as unknown as Methods;
const asynchronous = fs.promises as unknown as Methods;
const withPath = ['mkdir', 'unlink', 'rmdir', 'writeFile', 'truncate', 'symlink', 'link', 'chmod'];
for (const [object, suffix] of [
  [sync, 'Sync'],
  [asynchronous, ''],
] as const) {
  for (const name of withPath) {
    wrap(object, name + suffix, ([path]) => {
      const inside = insideRoot(path);
      if (inside !== undefined) step(`${name} ${inside}`);
    });
  }
  wrap(object, `rename${suffix}`, ([from, to]) => {
    const inside = insideRoot(from) ?? insideRoot(to);
    if (inside !== undefined) step(`rename ${inside} ${insideRoot(to)}`);
  });
  wrap(object, `open${suffix}`, ([path, flags]) => {
    const inside = insideRoot(path);
    if (inside !== undefined && typeof flags === 'string' && /[wa+]/.test(flags)) step(`open ${inside}`);
  });
  // Removing a tree is many steps.
  wrap(object, `rm${suffix}`, ([path]) => {
    if (insideRoot(path) !== undefined) removeInSteps(String(path));
  });
}
wrap(sync, 'fsyncSync', () => step('fsync'));

function removeInSteps(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (status.isDirectory()) {
    for (const name of readdirSync(path)) removeInSteps(join(path, name));
    sync['rmdirSync']?.(path);
  } else {
    sync['unlinkSync']?.(path);
  }
}

const probe = await fs.promises.open('/dev/null', 'r');
const handle = Object.getPrototypeOf(probe) as Methods;
await probe.close();
for (const name of ['sync', 'datasync']) wrap(handle, name, () => step(name));
wrap(handle, 'write', ([bytes, offset = 0, length, position = null], self) => {
  if (!(bytes instanceof Uint8Array)) return step('write');
  const half = Math.floor(Number(length ?? bytes.byteLength) / 2);
  step(`write ${half * 2}`, () =>
    writeSync((self as fs.promises.FileHandle).fd, bytes, Number(offset), half, position as number | null),
  );
});

const database = DatabaseSync.prototype as unknown as Methods;
wrap(database, 'exec', ([sql]) => {
  if (/^(?:BEGIN|COMMIT)/.test(String(sql))) step(String(sql));
});
wrap(database, 'close', () => step('close the database'));
// One line, whatever is printed: a step is a line of what the lab reads.
wrap(process.stdout as unknown as Methods, 'write', ([text]) =>
  step(`print ${JSON.stringify(String(text).trim())}`),
);

mkdirSync(root, { recursive: true });
syncBuiltinESMExports();
