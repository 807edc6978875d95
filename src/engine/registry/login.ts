import type { OperationOptions } from '../ports/common.ts';
import type { LoginReport } from '../ports/registry-engine.ts';
import type { Remote } from './remote.ts';

export async function login(
  { client, credentials }: Remote,
  registry: string | undefined,
  credential: { username: string; password: string },
  options: OperationOptions & { plaintext?: boolean } = {},
): Promise<LoginReport> {
  const domain = registry ?? 'docker.io';
  await client.login(domain, credential, options);
  const place = await credentials.save(domain, { kind: 'password', ...credential }, options);
  const where = place.kind === 'helper' ? place.helper : place.path;
  return { status: 'Login Succeeded', place: { kind: place.kind, where } };
}

export async function knownUser({ credentials }: Remote, registry?: string): Promise<string | undefined> {
  return (await credentials.find(registry ?? 'docker.io'))?.username;
}

export async function logout({ credentials }: Remote, registry?: string): Promise<boolean> {
  return await credentials.erase(registry ?? 'docker.io');
}
