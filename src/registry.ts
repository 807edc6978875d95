import { openEngine } from './engine/engine.ts';
import type { Filters, OperationOptions } from './engine/ports/common.ts';
import type {
  PulledImage,
  PullPlan,
  PushedTag,
  RegistryEngine,
  RemoteTag,
  SearchResult,
} from './engine/ports/registry-engine.ts';
import type { SettingsOptions } from './engine/settings.ts';

/**
 * What crosses the network, one function for each. Each opens the store, does its work and closes it; a program that does
 * many things keeps an engine instead: `(await openEngine()).registry()`.
 */
export type * from './engine/ports/registry-engine.ts';
export { LamellaError, isLamellaError, type ErrorKind } from './base/errors.ts';
export type { OperationOptions, ProgressEvent } from './engine/ports/common.ts';

/** Which store it is, how to tell of progress, and how to stop. */
export interface RegistryOptions extends SettingsOptions, OperationOptions {}

/**
 * Fetches an image, as `lamella pull` does. Resolves when all of it is here and the name points to it. What was fetched
 * before a failure or an abort is kept, and the next call goes on from there.
 *
 *     const { id } = await pull('debian:13', { onProgress: ({ id, status }) => console.log(id, status) });
 *
 * @param name `debian`, `debian:13`, `ghcr.io/owner/app@sha256:…`
 * @throws LamellaError not-found `manifest-unknown`; unauthorized; no-space; unavailable; cancelled; invalid and corrupt for
 *   what a registry gives wrong
 */
export async function pull(
  name: string,
  options: RegistryOptions & {
    /** `os/architecture[/variant]`; this machine's by default. */
    platform?: string | undefined;
    /** Told before any layer is fetched. */
    onPlan?: (plan: PullPlan) => void;
  } = {},
): Promise<PulledImage> {
  return await withRegistry(options, (registry) => one(registry.pull(name, options)));
}

/**
 * Sends an image to its registry, as `lamella push` does: only what is not there yet, and an image that was pulled as the
 * very bytes that came.
 *
 * @param name with the host of its registry, such as `localhost:5000/app:1`; without one it is Docker Hub's
 * @throws LamellaError not-found `image-not-found`; unauthorized; forbidden; unavailable; cancelled
 */
export async function push(
  name: string,
  options: RegistryOptions & {
    /** For layers that were never compressed; gzip by default. */
    compression?: 'gzip' | 'zstd';
  } = {},
): Promise<PushedTag> {
  return await withRegistry(options, (registry) => one(registry.push(name, options)));
}

/**
 * From one registry to another, byte for byte; nothing of it is kept here. An image for several platforms is copied with
 * all of them unless `platform` names one.
 */
export async function copy(
  source: string,
  target: string,
  options: RegistryOptions & {
    platform?: string | undefined;
    /** Signatures, attestations and whatever else refers to the image come along. */
    referrers?: boolean;
  } = {},
): Promise<{ digest: string; referrers: number }> {
  return await withRegistry(options, (registry) => registry.copy(source, target, options));
}

/** What a registry finds, an exact name first, then by stars; `HOST/term` asks another registry than Docker Hub. */
export async function search(
  term: string,
  options: RegistryOptions & {
    /** 1 to 100; 25 by default. */
    limit?: number;
    /** `stars`, `is-official`, `is-automated`. */
    filters?: Filters;
  } = {},
): Promise<SearchResult[]> {
  return await withRegistry(options, (registry) => registry.search(term, options));
}

/** The tags of a repository, sorted as versions, the newest first. */
export async function* tags(name: string, options: RegistryOptions = {}): AsyncGenerator<RemoteTag> {
  await using engine = openEngine(options);
  yield* (await engine.registry()).tags(name, options);
}

async function withRegistry<T>(
  options: RegistryOptions,
  use: (registry: RegistryEngine) => Promise<T>,
): Promise<T> {
  await using engine = openEngine(options);
  return await use(await engine.registry());
}

/** Without `allTags` there is exactly one. */
async function one<T>(items: AsyncIterable<T>): Promise<T> {
  let last: T | undefined;
  for await (const item of items) last = item;
  if (last === undefined) throw new Error('a pull or push ended without its image');
  return last;
}
