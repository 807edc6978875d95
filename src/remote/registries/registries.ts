import { certificateCache } from './certificates.ts';
import { configPaths, type ConfigPaths } from './config-paths.ts';
import type { Endpoint, Registries } from './endpoint.ts';
import { mirrorHost, parseMirrorUrl, splitMirrorUrl } from './mirror-url.ts';
import { readRegistrySettings, type RegistrySettings } from './read-settings.ts';
import { dockerHub, dockerHubHost, parseRegistryName } from './registry-name.ts';
import { createServerHealth } from './server-health.ts';
import { writeMirrors } from './write-mirrors.ts';

/** The mirrors of one registry, and the file that says so. */
interface MirrorsOfRegistry {
  /** Domain as in a reference: `docker.io`, `ghcr.io`. */
  readonly registry: string;
  /** URLs in the order in which they are asked. */
  readonly mirrors: readonly string[];
  readonly source: string;
  /** Those that are asked last at present, why, and until when (milliseconds since 1970). */
  readonly paused: readonly { readonly url: string; readonly until: number; readonly reason: string }[];
}

/** What people have written about registries, and writing it. */
export interface RegistryFiles {
  /** All that counts, by registry, `docker.io` first. */
  mirrors(): Promise<MirrorsOfRegistry[]>;
  /**
   * Makes these, and no others, the mirrors of a registry, in the file of whoever asks. What was seen of them before is
   * forgotten.
   *
   * @throws LamellaError invalid `mirror-invalid` in Docker's words, `registry-name-invalid`, `config-invalid`,
   *   forbidden `config-not-writable`
   */
  setMirrors(registry: string, mirrors: readonly string[]): Promise<MirrorsOfRegistry>;
  /** Names and networks (CIDR) that are configured as insecure, and those that always are. */
  insecure(): Promise<readonly string[]>;
  /** What the client would ask if the URL were a mirror: it need not be one yet. */
  mirrorEndpoint(url: string): Promise<Endpoint>;
  /** Writes down what was seen of servers and is not written yet; it would be at the process's end. */
  close(): void;
}

export interface RegistriesOptions {
  readonly env: NodeJS.ProcessEnv;
  /** File that remembers what requests have shown of servers; it may be lost at any time. */
  readonly state: string;
  /** In place of those that `env` names. */
  readonly paths?: ConfigPaths;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Files are read when they are first needed, and again where that is longer ago than this, in milliseconds. */
const settingsLast = 2_000;

export function createRegistries({
  env,
  state,
  paths = configPaths(env),
  now = Date.now,
}: RegistriesOptions): Registries & RegistryFiles {
  const health = createServerHealth({ path: state, now });
  const certificates = certificateCache(paths.certificates);
  let read: { readonly at: number; readonly settings: Promise<RegistrySettings> } | undefined;

  const settings = async (): Promise<RegistrySettings> => {
    if (read === undefined || Math.abs(now() - read.at) > settingsLast) {
      read = { at: now(), settings: readRegistrySettings(paths) };
    }
    return await read.settings;
  };

  const mirrorEndpoint = async (url: string): Promise<Endpoint> => {
    const host = mirrorHost(url);
    const verify = !(await (await settings()).insecure.has(host));
    const tls = { verify, ...(url.startsWith('https:') && (await certificates([host]))) };
    return { ...splitMirrorUrl(url), isMirror: true, credentialsOf: host, tls };
  };

  const ownEndpoints = async (domain: string): Promise<Endpoint[]> => {
    const registry = domain.toLowerCase();
    const host = registry === dockerHub ? dockerHubHost : registry;
    const verify = !(await (await settings()).insecure.has(registry));
    const own = { isMirror: false, credentialsOf: domain };
    const names = registry === dockerHub ? [dockerHub, host] : [host];
    const encrypted = { ...own, url: `https://${host}`, tls: { verify, ...(await certificates(names)) } };
    return verify ? [encrypted] : [encrypted, { ...own, url: `http://${host}`, tls: { verify } }];
  };

  const mirrors = async (): Promise<MirrorsOfRegistry[]> =>
    [...(await settings()).mirrors]
      .map(([registry, { urls, source }]) => {
        const paused = urls.flatMap((url) => {
          const pause = health.pauseOf(splitMirrorUrl(url).url);
          return pause === undefined ? [] : { url, ...pause };
        });
        return { registry, mirrors: urls, source, paused };
      })
      .filter((each) => each.mirrors.length > 0)
      .sort((a, b) => order(a.registry, b.registry));

  return {
    async endpoints(domain, purpose) {
      const own = await ownEndpoints(domain);
      const { mirrors: written } = await settings();
      const urls = purpose === 'push' ? [] : (written.get(domain.toLowerCase())?.urls ?? []);
      const mirrors = await Promise.all([...new Set(urls)].map(mirrorEndpoint));
      const others = mirrors.filter((mirror) => own.every(({ url }) => url !== mirror.url));
      return health
        .order([...others, ...own])
        .map((each) => (health.pauseOf(each.url) === undefined ? each : { ...each, isPaused: true }));
    },

    close: () => health.flush(),
    report(endpoint, outcome) {
      health.report(endpoint.url, outcome);
    },

    mirrors,

    async setMirrors(name, wanted) {
      const registry = parseRegistryName(name);
      const urls = [...new Set(wanted.map(parseMirrorUrl))];
      const [path] = paths.own;
      await writeMirrors(path, registry, urls.length === 0 ? undefined : urls);
      read = undefined;
      // Where another file still has mirrors for it, none are wished for all the same.
      if (urls.length === 0 && (await settings()).mirrors.has(registry))
        await writeMirrors(path, registry, []);
      read = undefined;
      health.forget(urls.map((url) => splitMirrorUrl(url).url));
      return { registry, mirrors: urls, source: path, paused: [] };
    },

    insecure: async () => (await settings()).insecure.entries,

    mirrorEndpoint: async (url) => await mirrorEndpoint(parseMirrorUrl(url)),
  };
}

function order(a: string, b: string): number {
  if (a === dockerHub || b === dockerHub) return a === dockerHub ? -1 : 1;
  return a < b ? -1 : 1;
}
