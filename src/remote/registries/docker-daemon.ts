import { isLamellaError } from '../../base/errors.ts';
import { readConfigFile, stringsOf, within } from './config-file.ts';
import { parseInsecureEntry } from './insecure-list.ts';
import { parseMirrorUrl } from './mirror-url.ts';

/** What Docker's daemon.json says of registries. Its mirrors stand for docker.io alone. */
export interface DaemonSettings {
  readonly path: string;
  readonly mirrors: readonly string[];
  readonly insecure: readonly string[];
}

/**
 * Undefined where there is none, and where it is Docker's to read only.
 *
 * @throws LamellaError invalid `config-invalid`
 */
export async function readDaemonSettings(path: string): Promise<DaemonSettings | undefined> {
  const file = await readConfigFile(path).catch((error: unknown) => {
    if (isLamellaError(error, 'forbidden')) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  const mirrors = stringsOf(file, file.value, 'registry-mirrors') ?? [];
  const insecure = stringsOf(file, file.value, 'insecure-registries') ?? [];
  return {
    path,
    mirrors: mirrors.map((url) => within(file, url, () => parseMirrorUrl(url))),
    insecure: insecure.map((text) => {
      const parsed = parseInsecureEntry(text);
      if ('problem' in parsed) throw file.wrong(parsed.problem, text);
      return parsed.entry;
    }),
  };
}
