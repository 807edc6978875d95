import type { JsonObject } from '../../base/json.ts';
import { isObject, readConfigFile, stringsOf, within, type ConfigFile } from './config-file.ts';
import { isNetwork } from './insecure-list.ts';
import { parseMirrorUrl } from './mirror-url.ts';
import { parseRegistryName } from './registry-name.ts';

/** What a file says of one registry, or of a network (CIDR) of them. */
interface RegistrySetting {
  /** In the order in which they are asked; an empty list says that there are none. */
  readonly mirrors?: readonly string[];
  readonly insecure?: boolean;
}

/**
 * Lamella's own file about registries:
 *
 *     {
 *       "registries": {
 *         "docker.io": { "mirrors": ["https://mirror.example.com"] },
 *         "registry.internal:5000": { "insecure": true },
 *         "10.0.0.0/8": { "insecure": true }
 *       }
 *     }
 */
export interface OwnSettings {
  readonly path: string;
  readonly registries: ReadonlyMap<string, RegistrySetting>;
}

/** @throws LamellaError invalid `config-invalid`, forbidden `config-unreadable` */
export async function readOwnSettings(path: string): Promise<OwnSettings | undefined> {
  const file = await readConfigFile(path);
  if (file === undefined) return undefined;
  const registries = new Map<string, RegistrySetting>();
  for (const [key, value] of Object.entries(registriesOf(file))) {
    const name = isNetwork(key) ? key : within(file, key, () => parseRegistryName(key));
    if (registries.has(name)) throw file.wrong(`${name} stands there twice`, key);
    if (!isObject(value)) throw file.wrong(`"${key}" must be an object: { "mirrors": […] }`, key);
    registries.set(name, readSetting(file, key, value));
  }
  return { path, registries };
}

/** The part of the file with an entry for each registry. */
export function registriesOf(file: ConfigFile): JsonObject {
  refuseUnknown(file, file.value, ['$schema', 'registries']);
  const registries = file.value['registries'] ?? {};
  if (!isObject(registries)) throw file.wrong('"registries" must be an object: { … }', 'registries');
  return registries;
}

function readSetting(file: ConfigFile, key: string, value: JsonObject): RegistrySetting {
  refuseUnknown(file, value, isNetwork(key) ? ['insecure'] : ['mirrors', 'insecure']);
  const mirrors = stringsOf(file, value, 'mirrors');
  const insecure = value['insecure'] ?? undefined;
  if (insecure !== undefined && typeof insecure !== 'boolean') {
    throw file.wrong(`"insecure" of ${key} must be true or false`, 'insecure');
  }
  return {
    ...(mirrors !== undefined && {
      mirrors: mirrors.map((url) => within(file, url, () => parseMirrorUrl(url))),
    }),
    ...(insecure !== undefined && { insecure }),
  };
}

function refuseUnknown(file: ConfigFile, object: JsonObject, known: readonly string[]): void {
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue;
    const words = known.filter((word) => !word.startsWith('$')).map((word) => `"${word}"`);
    throw file.wrong(`unknown setting "${name}"; there is ${words.join(' and ')}`, name);
  }
}
