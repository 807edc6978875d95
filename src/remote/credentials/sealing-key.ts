import { hkdfSync, randomBytes } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../base/errors.ts';
import { isMachineRoot } from '../../base/user.ts';
import { giveTo, makeSecretFolder } from './secret-file.ts';

/** The keys of one person on one machine. */
export interface SealingKeys {
  /** Makes the key where there is none yet. */
  own(): Promise<Buffer>;
  /** All that something may have been sealed with, without making one. */
  known(): Promise<Buffer[]>;
}

const keySize = 32;
const machineFiles = ['/etc/machine-id', '/var/lib/dbus/machine-id', '/etc/hostid'];

/**
 * Keys of two halves: a file of random bytes, and the machine's ID.
 *
 * @param options.machine files that hold the machine's ID; the first that does counts
 * @param options.shared folder of root's own half, outside of every home; undefined for whoever is not root at home
 */
export function createSealingKeys(
  env: NodeJS.ProcessEnv,
  {
    machine = machineFiles,
    shared = isRootAtHome(env) ? '/var/lib/lamella/keys' : undefined,
  }: { machine?: readonly string[]; shared?: string | undefined } = {},
): SealingKeys {
  const state = env['XDG_STATE_HOME'] || join(homeOf(env), '.local', 'state');
  const folders = [...(shared === undefined ? [] : [shared]), join(state, 'lamella')];
  const paths = folders.map((folder) => join(folder, 'credential-key'));
  const derive = async (seed: Buffer): Promise<Buffer> =>
    Buffer.from(hkdfSync('sha256', seed, await machineId(machine), 'lamella credentials v1', keySize));
  return {
    async own() {
      const [first = '', second] = paths;
      // Root of a container may have no right to write there.
      const seed = await makeSeed(first).catch((error: unknown) => {
        if (second === undefined) throw error;
        return makeSeed(second);
      });
      return await derive(seed);
    },
    async known() {
      const seeds = await Promise.all(paths.map(readSeed));
      return await Promise.all(seeds.filter((seed) => seed !== undefined).map(derive));
    },
  };
}

/** Root in another's home (`sudo` that keeps HOME) seals such that its owner can open it. */
function isRootAtHome(env: NodeJS.ProcessEnv): boolean {
  return (
    process.geteuid?.() === 0 &&
    isMachineRoot(env) &&
    !env['XDG_STATE_HOME'] &&
    homeOf(env) === userInfo().homedir
  );
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return env['HOME'] || homedir();
}

async function readSeed(path: string): Promise<Buffer | undefined> {
  const seed = await readFile(path).catch(() => undefined);
  return seed !== undefined && seed.byteLength >= keySize ? seed : undefined;
}

/** Made once; of two processes that make it at the same time one wins, and both take the winner's. */
async function makeSeed(path: string): Promise<Buffer> {
  const known = await readSeed(path);
  if (known !== undefined) return known;
  await makeSecretFolder(dirname(path));
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(draft, randomBytes(keySize), { mode: 0o600, flag: 'wx', flush: true });
    await giveTo(draft, await stat(dirname(path)));
    await link(draft, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return await readFile(path);
}

async function machineId(files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.trim() !== '') return text.trim();
  }
  return '';
}
