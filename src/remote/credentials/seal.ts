import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { LamellaError, systemErrorCode } from '../../base/errors.ts';
import { unlessMissing } from '../../base/files.ts';

/**
 * Secrets at rest, encrypted (AES-256-GCM) with a key that two things make together: a random file of the user's, and
 * the machine's own ID, which is in no home folder. Whoever has only what is in the home folder (a backup, a synchronised
 * folder, an image built from it, a file that a server gave away) has no secret. It does not keep out programs of the
 * same user on the same machine, nor root: decision 0008.
 */
export interface Seal {
  seal(secret: string, subject: string): Promise<string>;
  /** @throws LamellaError corrupt `credential-unreadable` for what was sealed elsewhere, or for another subject */
  open(sealed: string, subject: string): Promise<string>;
}

const version = 'v1';
const nonceSize = 12;
const tagSize = 16;
const keySize = 32;

/** @param machine files that hold the machine's ID, the first that is there counts */
export function createSeal(
  env: NodeJS.ProcessEnv,
  machine: readonly string[] = ['/etc/machine-id', '/var/lib/dbus/machine-id', '/etc/hostid'],
): Seal {
  const path = keyPath(env);
  const keyOf = async (seed: Buffer): Promise<Buffer> =>
    Buffer.from(
      hkdfSync('sha256', seed, await machineId(machine), `lamella credentials ${version}`, keySize),
    );
  return {
    async seal(secret, subject) {
      const nonce = randomBytes(nonceSize);
      const cipher = createCipheriv('aes-256-gcm', await keyOf(await makeSeed(path)), nonce);
      cipher.setAAD(Buffer.from(subject));
      const sealed = Buffer.concat([
        nonce,
        cipher.update(secret, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return `${version}:${sealed.toString('base64')}`;
    },
    async open(sealed, subject) {
      const seed = await unlessMissing(readFile(path));
      const [, text] = /^v1:(.+)$/.exec(sealed) ?? [];
      if (seed === undefined || text === undefined) throw unreadable(subject);
      const bytes = Buffer.from(text, 'base64');
      if (bytes.byteLength < nonceSize + tagSize) throw unreadable(subject);
      const decipher = createDecipheriv('aes-256-gcm', await keyOf(seed), bytes.subarray(0, nonceSize));
      decipher.setAAD(Buffer.from(subject));
      decipher.setAuthTag(bytes.subarray(-tagSize));
      try {
        return (
          decipher.update(bytes.subarray(nonceSize, -tagSize), undefined, 'utf8') + decipher.final('utf8')
        );
      } catch {
        throw unreadable(subject);
      }
    },
  };
}

function keyPath(env: NodeJS.ProcessEnv): string {
  const state = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state');
  return join(state, 'lamella', 'credential-key');
}

/** Made once; of two processes that make it at the same time one wins, and both take the winner's. */
async function makeSeed(path: string): Promise<Buffer> {
  const known = await unlessMissing(readFile(path));
  if (known !== undefined && known.byteLength >= keySize) return known;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  try {
    await rm(draft, { force: true });
    await writeFile(draft, randomBytes(keySize), { mode: 0o600, flag: 'wx', flush: true });
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

function unreadable(subject: string): LamellaError {
  return new LamellaError(
    'corrupt',
    `the credentials for ${subject} were sealed on another machine or are damaged`,
    {
      code: 'credential-unreadable',
      hint: `Log in again: lamella login ${subject}`,
    },
  );
}
