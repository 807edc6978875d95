import { cpus, hostname, totalmem } from 'node:os';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { isMachineRoot } from '../base/user.ts';
import { unlessMissing } from '../base/files.ts';
import { diskUsage } from '../layers/disk-usage.ts';
import { hostPlatform } from '../oci/platform.ts';
import { checkStore } from './check-store.ts';
import type { ContainerParts } from './container-engine.ts';
import { examineDriver } from './driver.ts';
import { cgroupVersion, kernelVersion, operatingSystem } from './host.ts';
import { rootlessWarnings } from './rootless-info.ts';
import { summaryOf } from './image-summary.ts';
import type { SystemEngine, SystemInfo } from './ports/system-engine.ts';
import type { Store } from './store.ts';
import { createVolumeEngine } from './volume-engine.ts';
import { version } from './version.ts';

/** The store as a whole, and the machine it is on. */
export function createSystemEngine(store: Store, containers: () => Promise<ContainerParts>): SystemEngine {
  const { db, images, settings } = store;
  return {
    async diskUsage() {
      const { engine } = await containers();
      const usage = images.diskUsage();
      const listed = await engine.list({ all: true, filters: {}, limit: 0, size: true });
      const volumes = await createVolumeEngine(store).usage();
      const idle = listed.filter(({ State }) => State !== 'running' && State !== 'paused');
      return {
        layersSize: usage.layersSize,
        images: images.list({ sharedSize: true }).map((image) => summaryOf(image, { containers: true })),
        containers: listed,
        volumes,
        folders: await folderSizes(settings.root),
        reclaimable: {
          images: usage.reclaimable,
          containers: idle.reduce((sum, { SizeRw = 0 }) => sum + SizeRw, 0),
          volumes: volumes
            .filter(({ UsageData }) => UsageData.RefCount === 0)
            .reduce((sum, { UsageData }) => sum + Math.max(UsageData.Size, 0), 0),
        },
      };
    },

    async info() {
      const { examineRuntimeParts } = await import('../runtime/parts.ts');
      const { engine } = await containers();
      const states = (await engine.list({ all: true, filters: {}, limit: 0, size: false })).map(
        ({ State }) => State,
      );
      const count = (...wanted: string[]): number => states.filter((state) => wanted.includes(state)).length;
      const platform = hostPlatform();
      const driver = await examineDriver(settings);
      const registries = await registryInfo(settings.root);
      return {
        containers: {
          running: count('running'),
          paused: count('paused'),
          stopped: states.length - count('running', 'paused'),
        },
        images:
          db.get<{ images: number }>('SELECT count(*) AS images FROM images WHERE removed_at IS NULL')
            ?.images ?? 0,
        version,
        root: settings.root,
        driver: { name: driver.name ?? 'none', reason: driver.reason, rejected: driver.rejected },
        parts: [
          ...(await examineRuntimeParts()).map(({ name, path, version, problem }) => ({
            name,
            path,
            version,
            ...(problem !== undefined && { hint: problem }),
          })),
          await gzipPart(),
        ],
        cgroupVersion: cgroupVersion(),
        kernelVersion: kernelVersion(),
        operatingSystem: operatingSystem(),
        architecture: platform.architecture,
        cpus: cpus().length,
        memory: totalmem(),
        hostname: hostname(),
        rootless: !isMachineRoot(),
        ...registries,
        warnings: [...registries.warnings, ...rootlessWarnings(settings)],
      };
    },

    async version() {
      const { os, architecture } = hostPlatform();
      return {
        Version: version,
        Os: os,
        Arch: architecture,
        KernelVersion: kernelVersion(),
        NodeVersion: process.versions.node,
        SqliteVersion: process.versions['sqlite'] ?? '',
      };
    },

    async *events({ since, until, filters = {}, signal } = {}) {
      const { streamEvents } = await import('./stream-events.ts');
      yield* streamEvents(db, { since, until, filters, signal });
    },

    startContainers: async () => (await containers()).boot.startWanted(),
    stopContainers: async () => (await containers()).boot.stopForShutdown(),
    async generateUnits(options) {
      const { generateUnits } = await import('./systemd/generate-units.ts');
      return await generateUnits(settings, async () => (await containers()).boot, options);
    },

    async check({ repair = false, ...options } = {}) {
      if (repair) await (await containers()).collect();
      return await checkStore(store, { ...options, repair });
    },
  };
}

async function gzipPart(): Promise<SystemInfo['parts'][number]> {
  const { findIsal } = await import('../tar/isal/library.ts');
  const found = findIsal();
  if (found.isal !== undefined) {
    return { name: 'libisal', path: found.isal.path ?? 'libisal.so.2', version: found.isal.version };
  }
  return {
    name: 'libisal',
    path: undefined,
    version: undefined,
    hint: `optional, zlib does its work: apt install libisal2; ${found.problem}`,
  };
}

/** What files say of registries; where one is wrong, that is a warning here and an error where it is needed. */
async function registryInfo(
  root: string,
): Promise<Pick<SystemInfo, 'insecureRegistries' | 'mirrors' | 'warnings'>> {
  const { openRegistries } = await import('./registry/open-registries.ts');
  const registries = openRegistries(root);
  try {
    const [insecureRegistries, mirrors] = [await registries.insecure(), await registries.mirrors()];
    return { insecureRegistries, mirrors, warnings: [] };
  } catch (error) {
    return { insecureRegistries: [], mirrors: [], warnings: [messageOf(error)] };
  }
}

/** What each folder and file of the root takes, as `du` counts it. */
async function folderSizes(root: string): Promise<{ name: string; bytes: number }[]> {
  const names = (await unlessMissing(readdir(root))) ?? [];
  return await Promise.all(
    names.sort().map(async (name) => ({ name, bytes: await diskUsage(join(root, name)) })),
  );
}
