import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { isLamellaError } from '../../base/errors.ts';
import { lockFile } from '../../linux/flock.ts';
import type { Credential, CredentialPlace, CredentialStore } from './credential.ts';
import {
  credentialOf,
  type DockerConfig,
  dockerConfigPath,
  findEntry,
  plainEntry,
  readDockerConfig,
  writeDockerConfig,
} from './docker-config.ts';
import { createHelper } from './helper.ts';
import { findKey, keyOf } from './registry-key.ts';
import { createSeal } from './seal.ts';
import { createSealedFile } from './sealed-file.ts';

/**
 * Credentials where Docker keeps them: with the helper that `config.json` names, else in `config.json`. What is saved
 * without a helper is sealed in a file of our own, and `config.json` gets the empty entry that it has for a helper's, so
 * that Docker sees where one is logged in.
 */
export function createCredentialStore({ env }: { env: NodeJS.ProcessEnv }): CredentialStore {
  const configPath = dockerConfigPath(env);
  const sealed = createSealedFile(sealedPath(env), createSeal(env));
  const problems = new Map<string, string>();

  async function find(domain: string): Promise<Credential | undefined> {
    const config = await readDockerConfig(configPath);
    const helper = helperOf(config, domain);
    const kept = helper === undefined ? undefined : await createHelper(helper, env).get(domain);
    if (kept !== undefined) return kept;
    // Without an entry somebody has logged out, with Docker's command; one with a secret is newer than what is sealed.
    const entry = findEntry(config.auths, domain)?.entry;
    return entry === undefined ? undefined : (credentialOf(entry) ?? (await sealed.find(domain)));
  }

  return {
    async find(domain) {
      problems.delete(domain);
      try {
        return await find(domain);
      } catch (error) {
        if (!isLamellaError(error)) throw error;
        problems.set(domain, error.message);
        return undefined;
      }
    },
    problem: (domain) => problems.get(domain),

    async save(domain, credential, { plaintext = false } = {}) {
      await using _ = await lockConfig(configPath);
      const config = await readDockerConfig(configPath);
      const { key, place } = await keep(config, domain, credential, plaintext);
      const entry = place.kind === 'plain' ? plainEntry(credential) : {};
      await writeDockerConfig(configPath, { ...config, auths: { ...config.auths, [key]: entry } });
      // Never in two places: the older one would come up again one day.
      if (place.kind !== 'sealed') await sealed.erase(domain);
      return place;
    },

    async erase(domain) {
      await using _ = await lockConfig(configPath);
      const config = await readDockerConfig(configPath);
      const helper = helperOf(config, domain);
      const found = findEntry(config.auths, domain);
      const wasSealed = await sealed.erase(domain);
      if (helper !== undefined && found !== undefined) await createHelper(helper, env).erase(domain);
      if (found !== undefined) {
        const { [found.key]: _removed, ...auths } = config.auths ?? {};
        await writeDockerConfig(configPath, { ...config, auths });
      }
      return wasSealed || found !== undefined;
    },
  };

  async function keep(
    config: DockerConfig,
    domain: string,
    credential: Credential,
    plaintext: boolean,
  ): Promise<{ key: string; place: CredentialPlace }> {
    const key = findEntry(config.auths, domain)?.key ?? keyOf(domain);
    const helper = plaintext ? undefined : helperOf(config, domain);
    if (helper !== undefined) {
      await createHelper(helper, env).store(domain, credential);
      return { key, place: { kind: 'helper', helper } };
    }
    if (plaintext) return { key, place: { kind: 'plain', path: configPath } };
    await sealed.save(domain, credential);
    return { key, place: { kind: 'sealed', path: sealed.path } };
  }
}

/** The registry's own helper, else the one for all. */
function helperOf({ credHelpers = {}, credsStore }: DockerConfig, domain: string): string | undefined {
  const key = findKey(Object.keys(credHelpers), domain);
  return (key === undefined ? undefined : credHelpers[key]) || credsStore || undefined;
}

function sealedPath(env: NodeJS.ProcessEnv): string {
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return join(config, 'lamella', 'credentials.json');
}

/** Two logins at once lose nothing of each other. */
async function lockConfig(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return await lockFile(join(dirname(path), '.lamella-lock'));
}
