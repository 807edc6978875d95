import { readFile } from 'node:fs/promises';
import { LamellaError } from '../../base/errors.ts';
import { unlessMissing } from '../../base/files.ts';
import type { Credential } from './credential.ts';
import type { Seal } from './seal.ts';
import { writeSecretFile } from './secret-file.ts';

/** Credentials by registry, each sealed: `{ "registries": { "localhost:5000": "v1:…" } }`. */
export interface SealedFile {
  readonly path: string;
  find(domain: string): Promise<Credential | undefined>;
  save(domain: string, credential: Credential): Promise<void>;
  /** Whether there was one. */
  erase(domain: string): Promise<boolean>;
}

export function createSealedFile(path: string, seal: Seal): SealedFile {
  async function read(): Promise<Map<string, string>> {
    const text = await unlessMissing(readFile(path, 'utf8'));
    if (text === undefined) return new Map();
    try {
      const { registries } = JSON.parse(text) as { registries: Record<string, string> };
      return new Map(Object.entries(registries));
    } catch {
      throw new LamellaError('corrupt', `${path} is damaged`, {
        code: 'credential-unreadable',
        hint: 'Remove the file and log in again.',
      });
    }
  }

  async function write(entries: ReadonlyMap<string, string>): Promise<void> {
    const text = JSON.stringify({ registries: Object.fromEntries(entries) }, undefined, 2);
    await writeSecretFile(path, `${text}\n`);
  }

  return {
    path,
    async find(domain) {
      const sealed = (await read()).get(domain);
      return sealed === undefined ? undefined : (JSON.parse(await seal.open(sealed, domain)) as Credential);
    },
    async save(domain, credential) {
      const entries = await read();
      entries.set(domain, await seal.seal(JSON.stringify(credential), domain));
      await write(entries);
    },
    async erase(domain) {
      const entries = await read();
      if (!entries.delete(domain)) return false;
      await write(entries);
      return true;
    },
  };
}
