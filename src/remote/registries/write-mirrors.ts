import { chmod, mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LamellaError, messageOf } from '../../base/errors.ts';
import { unlessMissing, writeFileAtomically } from '../../base/files.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { isObject, readConfigFile } from './config-file.ts';
import { registriesOf } from './own-settings.ts';
import { parseRegistryName } from './registry-name.ts';

/**
 * Puts a registry's mirrors into Lamella's file and leaves all else in it as it was, in its order.
 *
 * @param mirrors undefined removes the setting, an empty list says that there are none
 * @throws LamellaError invalid `config-invalid`, forbidden `config-not-writable`
 */
export async function writeMirrors(
  path: string,
  registry: string,
  mirrors: readonly string[] | undefined,
): Promise<void> {
  const file = await readConfigFile(path);
  if (file === undefined && mirrors === undefined) return;
  const registries = file === undefined ? {} : registriesOf(file);
  const written = Object.keys(registries).find((key) => isName(key, registry)) ?? registry;
  const before = registries[written];
  const value = {
    ...file?.value,
    registries: replaced(registries, written, withMirrors(isObject(before) ? before : {}, mirrors)),
  };
  const indent = /^[ \t]+(?=")/m.exec(file?.text ?? '')?.[0] ?? '  ';
  await replaceFile(path, `${JSON.stringify(value, undefined, indent)}\n`);
}

function isName(key: string, registry: string): boolean {
  return !key.includes('/') && parseRegistryName(key) === registry;
}

function withMirrors(setting: JsonObject, mirrors: readonly string[] | undefined): JsonObject {
  const { mirrors: _before, ...others } = setting;
  return mirrors === undefined ? others : { ...setting, mirrors };
}

/** The object with another value for a key, which goes where nothing is left of its value. */
function replaced(object: JsonObject, key: string, value: JsonObject): JsonObject {
  const entries: [string, JsonValue][] = Object.entries(object);
  const at = entries.findIndex(([name]) => name === key);
  if (Object.keys(value).length === 0) return Object.fromEntries(entries.filter(([name]) => name !== key));
  entries.splice(at < 0 ? entries.length : at, 1, [key, value]);
  return Object.fromEntries(entries);
}

/** Everybody may read it, whatever the umask; a link to a file elsewhere stays one. */
async function replaceFile(path: string, content: string): Promise<void> {
  try {
    const folder = dirname(path);
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await chmod(folder, 0o755);
    const target = (await unlessMissing(realpath(path))) ?? path;
    await writeFileAtomically(target, content);
    await chmod(target, 0o644);
  } catch (cause) {
    throw new LamellaError('forbidden', `cannot write ${path}: ${messageOf(cause)}`, {
      code: 'config-not-writable',
      hint: 'LAMELLA_CONFIG names another folder for it.',
      cause,
    });
  }
}
