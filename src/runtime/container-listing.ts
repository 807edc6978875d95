import { isLamellaError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Database } from '../db/database.ts';
import type { RecordEvent } from '../events/event-log.ts';
import type { Filters } from '../images/filters.ts';
import type { Networks } from '../networks/networks.ts';
import { isAboutToStart } from './about-to-start.ts';
import { isOfBuild } from './build-container.ts';
import { filterContainers, listFilters, pruneFilters, type Networking } from './container-filters.ts';
import { containerJson } from './container-json.ts';
import type { ContainerPaths } from './container-paths.ts';
import { containerSummary, type ContainerSummary } from './container-summary.ts';
import { descendantsIn } from './image-descendants.ts';
import type { Lifecycle } from './lifecycle.ts';
import { networkingOf } from './network-json.ts';
import { isActive, type Container } from './types.ts';
import { writableSize } from './writable-size.ts';

export interface ContainerListingDeps {
  readonly db: Database;
  readonly paths: (id: string) => ContainerPaths;
  readonly lifecycle: Lifecycle;
  readonly networks: Networks;
  readonly recordEvent: RecordEvent;
  readonly now: () => number;
  /** All records, up to date. */
  readonly refresh: () => Promise<Container[]>;
  /** The record, up to date. @throws LamellaError not-found `container-not-found` */
  readonly find: (container: string) => Promise<Container>;
}

interface ListOptions {
  readonly all: boolean;
  readonly filters: Filters;
  /** The newest so many, whatever their state; 0 for all. */
  readonly limit: number;
  /** Also count the bytes. */
  readonly size: boolean;
}

/** Looking at containers, and clearing away those that the look finds idle. */
export interface ContainerListing {
  list(options: ListOptions): Promise<ContainerSummary[]>;
  inspect(container: string, options?: { size?: boolean }): Promise<JsonObject>;
  /** Removes all that do not run, but for those that another process is about to start. */
  prune(options: {
    filters: Filters;
    dryRun?: boolean;
  }): Promise<{ removed: readonly string[]; spaceReclaimed: number }>;
}

export function createContainerListing(deps: ContainerListingDeps): ContainerListing {
  const { db, paths, lifecycle, networks, recordEvent, now, refresh, find } = deps;

  async function prune({ filters, dryRun = false }: { filters: Filters; dryRun?: boolean }): Promise<{
    removed: readonly string[];
    spaceReclaimed: number;
  }> {
    const all = (await refresh()).filter((container) => !isOfBuild(container));
    const removed: string[] = [];
    let spaceReclaimed = 0;
    for (const { id, status } of filterContainers(all, filters, { all, now: now() }, pruneFilters)) {
      if (isActive(status) || isAboutToStart(status, paths(id))) continue;
      const size = await writableSize(paths(id).upper);
      try {
        if (!dryRun) await lifecycle.remove(id);
      } catch (error) {
        // Somebody else has removed or started it meanwhile.
        if (isLamellaError(error, 'not-found') || isLamellaError(error, 'conflict')) continue;
        throw error;
      }
      removed.push(id);
      spaceReclaimed += size;
    }
    if (dryRun) return { removed, spaceReclaimed };
    recordEvent({
      type: 'container',
      action: 'prune',
      actor: { id: '', attributes: { reclaimed: String(spaceReclaimed) } },
    });
    return { removed, spaceReclaimed };
  }

  async function sizes({ id, imageId }: Container): Promise<{ SizeRw: number; SizeRootFs: number }> {
    const written = await writableSize(paths(id).upper);
    const image = db.get<{ size: number }>('SELECT size FROM images WHERE id = ?', imageId)?.size ?? 0;
    return { SizeRw: written, SizeRootFs: written + image };
  }

  async function list({ all, filters, limit, size }: ListOptions): Promise<ContainerSummary[]> {
    const known = (await refresh()).filter((container) => !isOfBuild(container));
    const viewOf = networks.view();
    const networking = (container: Container): Networking => networkingOf(container, viewOf(container.id));
    const passed = filterContainers(
      filters['is-task']?.some((value) => value === 'true' || value === '1') === true ? [] : known,
      filters,
      { all: known, now: now(), networking, descendants: descendantsIn(db) },
      listFilters,
    );
    const everyState = all || limit > 0 || filters['status'] !== undefined || filters['exited'] !== undefined;
    const shown = everyState ? passed : passed.filter(({ status }) => isActive(status));
    return await Promise.all(
      (limit > 0 ? shown.slice(0, limit) : shown).map(async (container) => ({
        ...containerSummary(container, now(), viewOf(container.id)),
        ...(size ? await sizes(container) : {}),
      })),
    );
  }

  async function inspect(text: string, { size = false }: { size?: boolean } = {}): Promise<JsonObject> {
    const container = await find(text);
    return {
      ...containerJson(container, paths(container.id), networks.view(container.id)(container.id)),
      ...(size ? await sizes(container) : {}),
    };
  }

  return { list, inspect, prune };
}
