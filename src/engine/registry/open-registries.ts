import { join } from 'node:path';
import type { Registries } from '../../remote/registries/endpoint.ts';
import { createRegistries, type RegistryFiles } from '../../remote/registries/registries.ts';

/** The servers of registries, from files that people write and from what earlier commands have seen of them. */
export function openRegistries(
  root: string,
  env: NodeJS.ProcessEnv = process.env,
): Registries & RegistryFiles {
  return createRegistries({ env, state: join(root, 'registries.json') });
}
