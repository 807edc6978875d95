import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LamellaError, messageOf } from '../../base/errors.ts';
import { unlessMissing } from '../../base/files.ts';
import type { Credential } from './credential.ts';
import { findKey, keyOf, standsFor } from './registry-key.ts';
import { writeSecretFile } from './secret-file.ts';

/** What of Docker's `config.json` concerns credentials; the rest is kept as it is. */
export interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

export interface AuthEntry {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
  readonly [other: string]: unknown;
}

/** `DOCKER_CONFIG` names another folder than `~/.docker`. */
export function dockerConfigPath(env: NodeJS.ProcessEnv): string {
  return join(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), 'config.json');
}

/** @throws LamellaError invalid `config-invalid`, forbidden `config-unreadable` */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  const text = await unlessMissing(readFile(path, 'utf8')).catch((error: unknown) => {
    throw new LamellaError('forbidden', `error loading config file: ${messageOf(error)}`, {
      code: 'config-unreadable',
      cause: error,
    });
  });
  return text === undefined ? {} : parseDockerConfig(text, path);
}

/**
 * @param path where it stands, for errors
 * @throws LamellaError invalid `config-invalid`
 */
export function parseDockerConfig(text: string, path: string): DockerConfig {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // What stands around the mistake may be a secret.
    throw invalidConfig(path, messageOf(error).replace(/[,:]? ?["'`].*$/s, ''));
  }
  if (!isObject(value)) throw invalidConfig(path, 'it is no object');
  for (const name of ['auths', 'credHelpers'])
    if (value[name] !== undefined && value[name] !== null && !isObject(value[name]))
      throw invalidConfig(path, `${name} is no object`);
  return value;
}

/** As Docker writes it: indented by tabs. */
export async function writeDockerConfig(path: string, config: DockerConfig): Promise<void> {
  await writeSecretFile(path, JSON.stringify(config, undefined, '\t'));
}

/** What an entry of `auths` says in clear. */
export function credentialOf({
  auth,
  username,
  password,
  identitytoken,
  registrytoken,
}: AuthEntry): Credential | undefined {
  const decoded = typeof auth === 'string' && auth !== '' ? decodeAuth(auth) : undefined;
  const name = decoded?.username ?? text(username) ?? '';
  const secret = decoded?.password ?? text(password);
  if (text(registrytoken) !== undefined) return { kind: 'registry-token', token: String(registrytoken) };
  if (text(identitytoken) !== undefined)
    return { kind: 'identity-token', username: name, token: String(identitytoken) };
  return secret === undefined || name === ''
    ? undefined
    : { kind: 'password', username: name, password: secret };
}

export function plainEntry(credential: Credential): AuthEntry {
  switch (credential.kind) {
    case 'password':
      return { auth: encodeAuth(credential.username, credential.password) };
    case 'identity-token':
      return { auth: encodeAuth(credential.username, ''), identitytoken: credential.token };
    default:
      return { registrytoken: credential.token };
  }
}

export function findEntry(
  entries: Readonly<Record<string, AuthEntry>> | undefined,
  domain: string,
): { key: string; entry: AuthEntry } | undefined {
  const key = findKey(Object.keys(entries ?? {}), domain);
  const entry = key === undefined ? undefined : entries?.[key];
  return key === undefined || !isObject(entry) ? undefined : { key, entry };
}

/** All entries that stand for the registry are replaced by one under Docker's name for it, or by none. */
export function withEntry(config: DockerConfig, domain: string, entry: AuthEntry | undefined): DockerConfig {
  const key = keyOf(domain);
  const kept = Object.entries(config.auths ?? {})
    .filter(([name]) => (name === key && entry !== undefined) || !standsFor(name, domain))
    .map(([name, value]) => [name, name === key ? entry : value] as const);
  const isNew = entry !== undefined && !kept.some(([name]) => name === key);
  const auths = Object.fromEntries(isNew ? [...kept, [key, entry]] : kept) as Record<string, AuthEntry>;
  return { ...config, auths };
}

function encodeAuth(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

function decodeAuth(auth: string): { username: string; password: string } | undefined {
  const plain = Buffer.from(auth, 'base64').toString('utf8');
  const colon = plain.indexOf(':');
  return colon < 0
    ? undefined
    : { username: plain.slice(0, colon), password: plain.slice(colon + 1).replace(/\0+$/, '') };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalidConfig(path: string, what: string): LamellaError {
  return new LamellaError('invalid', `error loading config file: ${path}: ${what}`, {
    code: 'config-invalid',
    hint: 'Correct the file, or move it away.',
  });
}
