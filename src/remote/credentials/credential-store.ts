import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isLamellaError, LamellaError, messageOf, systemErrorCode } from '../../base/errors.ts';
import { lockFile } from '../../linux/flock.ts';
import type { Credential, CredentialPlace, CredentialStore } from './credential.ts';
import {
  credentialOf,
  type DockerConfig,
  dockerConfigPath,
  findEntry,
  parseDockerConfig,
  plainEntry,
  readDockerConfig,
  withEntry,
  writeDockerConfig,
} from './docker-config.ts';
import { type CredentialHelper, createHelper } from './helper.ts';
import { containersAuthPaths } from './other-files.ts';
import { findKey, partKeys } from './registry-key.ts';
import { createSeal } from './seal.ts';
import { createSealedFile } from './sealed-file.ts';
import { createSealingKeys } from './sealing-key.ts';
import { giveTo, makeSecretFolder } from './secret-file.ts';

/** Holds a whole config.json, as CI systems set it; Docker takes it before all else. */
const environmentName = 'DOCKER_AUTH_CONFIG';

/**
 * Credentials where Docker keeps them: with the helper that `config.json` names, else in `config.json`. What is saved
 * without a helper is sealed in a file beside it, and `config.json` gets the empty entry that it has for a helper's, so
 * that Docker sees where one is logged in. Podman's files are read as well, last, and never written. What a file says of a
 * part of a registry (`host/team`) is read and never written, and counts before all that is said of the whole.
 */
export function createCredentialStore({ env }: { env: NodeJS.ProcessEnv }): CredentialStore {
  const configPath = dockerConfigPath(env);
  // Beside config.json, since who sets DOCKER_CONFIG wants to be somebody else there.
  const sealedPath = join(dirname(configPath), 'lamella-credentials.json');
  const sealed = createSealedFile(sealedPath, createSeal(createSealingKeys(env)));
  const problems = new Map<string, string>();

  /** In the order in which they count. */
  const sources: readonly ((domain: string) => Promise<Credential | undefined>)[] = [
    async (domain) => plainIn(parseDockerConfig(env[environmentName] ?? '', `$${environmentName}`), domain),
    async (domain) => await helperFor(await readDockerConfig(configPath), domain, env)?.helper.get(domain),
    async (domain) => {
      // Without an entry somebody has logged out, with Docker's command; one with a secret is newer than what is sealed.
      const entry = findEntry((await readDockerConfig(configPath)).auths, domain)?.entry;
      return entry === undefined ? undefined : (credentialOf(entry) ?? (await sealed.find(domain)));
    },
    ...containersAuthPaths(env).map(
      (path) => async (domain: string) => plainIn(await readDockerConfig(path), domain),
    ),
  ];

  const files: readonly (() => Promise<DockerConfig>)[] = [
    async () => parseDockerConfig(env[environmentName] ?? '', `$${environmentName}`),
    ...[configPath, ...containersAuthPaths(env)].map((path) => () => readDockerConfig(path)),
  ];
  /** Entries in clear for parts of a registry, the most specific first, whichever file they are in. */
  const inParts = async (domain: string, path: string | undefined): Promise<Credential | undefined> => {
    const keys = path === undefined ? [] : partKeys(domain, path);
    if (keys.length === 0) return undefined;
    const configs = await Promise.all(files.map((read) => read().catch((): DockerConfig => ({}))));
    for (const key of keys) {
      for (const { auths } of configs) {
        const found = auths?.[key] && credentialOf(auths[key]);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };

  return {
    async find(domain, path) {
      problems.delete(domain);
      for (const source of [(name: string) => inParts(name, path), ...sources]) {
        try {
          const found = await source(domain);
          if (found !== undefined) return found;
        } catch (error) {
          if (!isLamellaError(error)) throw error;
          if (!problems.has(domain)) problems.set(domain, error.message);
        }
      }
      return undefined;
    },
    problem: (domain) => problems.get(domain),

    save: (domain, credential, { plaintext = false } = {}) =>
      writing(() => save(domain, credential, plaintext)),
    erase: (domain) => writing(() => erase(domain)),
  };

  async function save(domain: string, credential: Credential, plaintext: boolean): Promise<CredentialPlace> {
    await using _ = await lockConfig(configPath);
    const config = await readDockerConfig(configPath);
    const named = helperFor(config, domain, env);
    let place: CredentialPlace = { kind: 'plain', path: configPath };
    if (named !== undefined && !plaintext) {
      await named.helper.store(domain, credential);
      place = { kind: 'helper', helper: named.name };
    } else if (!plaintext) {
      await sealed.save(domain, credential);
      place = { kind: 'sealed', path: sealedPath };
    }
    await writeDockerConfig(configPath, withEntry(config, domain, plaintext ? plainEntry(credential) : {}));
    // Never in two places: the older one would come up again one day.
    if (place.kind !== 'sealed') await sealed.erase(domain);
    if (plaintext) await named?.helper.erase(domain).catch(() => {});
    return place;
  }

  async function erase(domain: string): Promise<boolean> {
    await using _ = await lockConfig(configPath);
    const config = await readDockerConfig(configPath);
    const helper = helperFor(config, domain, env)?.helper;
    const hasEntry = findEntry(config.auths, domain) !== undefined;
    if (hasEntry) await writeDockerConfig(configPath, withEntry(config, domain, undefined));
    const wasSealed = await sealed.erase(domain);
    const isHelpers = helper !== undefined && (await helper.get(domain).catch(() => undefined)) !== undefined;
    if (isHelpers) await helper.erase(domain);
    return hasEntry || wasSealed || isHelpers;
  }
}

function plainIn(config: DockerConfig, domain: string): Credential | undefined {
  const entry = findEntry(config.auths, domain)?.entry;
  return entry === undefined ? undefined : credentialOf(entry);
}

/** The registry's own helper, else the one for all. */
function helperFor(
  { credHelpers, credsStore }: DockerConfig,
  domain: string,
  env: NodeJS.ProcessEnv,
): { name: string; helper: CredentialHelper } | undefined {
  const key = findKey(Object.keys(credHelpers ?? {}), domain);
  // An empty name says that no helper keeps what belongs to this registry.
  const name = key === undefined ? credsStore : credHelpers?.[key];
  return typeof name === 'string' && name !== '' ? { name, helper: createHelper(name, env) } : undefined;
}

/** Two logins at once lose nothing of each other. */
async function lockConfig(path: string): Promise<AsyncDisposable> {
  const folder = dirname(path);
  await makeSecretFolder(folder);
  if (process.platform !== 'linux') return { async [Symbol.asyncDispose]() {} };
  const file = join(folder, '.lamella-lock');
  const lock = await lockFile(file);
  await giveTo(file, await stat(folder));
  return lock;
}

/** What is in the way of writing is told in Docker's words. */
async function writing<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (systemErrorCode(error) === undefined || isLamellaError(error)) throw error;
    throw new LamellaError('forbidden', `Error saving credentials: ${messageOf(error)}`, {
      code: 'client-credentials-not-writable',
      hint: 'DOCKER_CONFIG names another folder than ~/.docker.',
      cause: error,
    });
  }
}
