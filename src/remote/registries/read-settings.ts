import type { ConfigPaths } from './config-paths.ts';
import { readDaemonSettings } from './docker-daemon.ts';
import { createInsecureList, type InsecureList } from './insecure-list.ts';
import { readOwnSettings } from './own-settings.ts';
import { dockerHub } from './registry-name.ts';

/** What all files together say. */
export interface RegistrySettings {
  /** By registry, each with the one file that counts for it. */
  readonly mirrors: ReadonlyMap<string, { readonly urls: readonly string[]; readonly source: string }>;
  readonly insecure: InsecureList;
}

/**
 * Lamella's own files come first, then Docker's daemon.json. The first that says something of a registry's mirrors
 * counts for it: whoever sets mirrors gets these and no others.
 *
 * @throws LamellaError invalid `config-invalid`, forbidden `config-unreadable`
 */
export async function readRegistrySettings(paths: ConfigPaths): Promise<RegistrySettings> {
  const [own, daemon] = await Promise.all([
    Promise.all(paths.own.map(readOwnSettings)),
    Promise.all(paths.daemon.map(readDaemonSettings)),
  ]);
  const mirrors = new Map<string, { urls: readonly string[]; source: string }>();
  const insecure = new Map<string, boolean>();
  const say = <T>(map: Map<string, T>, registry: string, value: T): void => {
    if (!map.has(registry)) map.set(registry, value);
  };
  for (const file of own) {
    for (const [registry, setting] of file?.registries ?? []) {
      if (setting.mirrors !== undefined) {
        say(mirrors, registry, { urls: setting.mirrors, source: file?.path ?? '' });
      }
      if (setting.insecure !== undefined) say(insecure, registry, setting.insecure);
    }
  }
  for (const file of daemon) {
    if (file === undefined) continue;
    if (file.mirrors.length > 0) say(mirrors, dockerHub, { urls: file.mirrors, source: file.path });
    for (const entry of file.insecure) say(insecure, entry, true);
  }
  const those = (value: boolean): string[] =>
    [...insecure].flatMap(([name, is]) => (is === value ? name : []));
  return { mirrors, insecure: createInsecureList(those(true), those(false)) };
}
