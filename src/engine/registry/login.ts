import { LamellaError } from '../../base/errors.ts';
import type { Credential } from '../../remote/credentials/credential.ts';
import { registryDomain } from '../../remote/credentials/registry-key.ts';
import type { OperationOptions } from '../ports/common.ts';
import type { KnownUser, LoginReport } from '../ports/registry-engine.ts';
import type { Remote } from './remote.ts';

type Accounts = Pick<Remote, 'client' | 'credentials'>;

const status = 'Login Succeeded';

/**
 * Lets the registry check a credential and, where it is right, keeps it: the token that the registry gave for it
 * rather than the password.
 *
 * @param registry as people write it: `host:5000`, `https://host/v2/`; Docker Hub where it is missing
 * @param credential undefined checks the password that is kept, and leaves it where it is (Docker may use it from there)
 * @throws LamellaError unauthorized `registry-unauthorized`, invalid `registry-invalid`
 */
export async function login(
  { client, credentials }: Accounts,
  registry: string | undefined,
  credential: { readonly username: string; readonly password: string } | undefined,
  { plaintext = false, signal }: OperationOptions & { plaintext?: boolean } = {},
): Promise<LoginReport> {
  const domain = registryDomain(registry);
  const { username, password } = credential ?? passwordOf(await credentials.find(domain), domain);
  const { identityToken } = await client.login(domain, { username, password }, { signal });
  if (credential === undefined && !plaintext) return { status };
  const kept: Credential =
    identityToken === undefined
      ? { kind: 'password', username, password }
      : { kind: 'identity-token', username, token: identityToken };
  const place = await credentials.save(domain, kept, { plaintext });
  const where = place.kind === 'helper' ? place.helper : place.path;
  return { status, place: { kind: place.kind, where } };
}

function passwordOf(
  credential: Credential | undefined,
  domain: string,
): Extract<Credential, { kind: 'password' }> {
  if (credential?.kind === 'password') return credential;
  throw new LamellaError('unauthorized', `no password is kept for ${domain}`, {
    code: 'credential-not-found',
    hint: `lamella login ${domain}`,
  });
}

export async function knownUser(
  { credentials }: Accounts,
  registry: string | undefined,
): Promise<KnownUser | undefined> {
  const credential = await credentials.find(registryDomain(registry));
  if (credential === undefined) return undefined;
  const username = credential.kind === 'registry-token' ? '' : credential.username;
  return { username, hasPassword: credential.kind === 'password' };
}

/** @returns whether there was anything to forget */
export async function logout({ credentials }: Accounts, registry: string | undefined): Promise<boolean> {
  return await credentials.erase(registryDomain(registry));
}
