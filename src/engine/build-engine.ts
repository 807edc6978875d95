import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isLamellaError, LamellaError, systemErrorCode } from '../base/errors.ts';
import { buildImage } from '../build/build-image.ts';
import { platformText } from '../build/arguments.ts';
import { createBuildCache } from '../build/cache.ts';
import { folderContext } from '../build/context/folder-context.ts';
import type { BaseImage, BuildPorts } from '../build/request.ts';
import { hostPlatform, parsePlatform, type Platform } from '../oci/platform.ts';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import { collectBuildFolders, hasBuildFolders } from './build/open-mounts.ts';
import { noRunSettings } from './build/no-run-settings.ts';
import { runProcess } from './build/run-process.ts';
import { collectAfter } from './collect.ts';
import type { ContainerParts } from './container-engine.ts';
import { imageForContainer } from './image-for-container.ts';
import type { BuildEngine, NewBuild } from './ports/build-engine.ts';
import { requireWritable, type Store } from './store.ts';

/** Images from Dockerfiles. */
export function createBuildEngine(store: Store, containers: () => Promise<ContainerParts>): BuildEngine {
  return {
    async build(request) {
      requireWritable(store);
      const platform =
        request.platform === undefined || request.platform === ''
          ? hostPlatform()
          : parsePlatform(request.platform);
      const dockerfile = request.dockerfile ?? join(request.context, 'Dockerfile');
      const text = request.dockerfileText ?? (await readDockerfile(dockerfile));
      const ignoreBeside = request.dockerfileText === undefined ? dockerfile : undefined;
      const layers = await store.layers();
      await collectAbandoned(store, containers);
      const context = await folderContext(request.context, ignoreBeside);
      return await collectAfter(store, () =>
        buildImage(
          {
            dockerfile: text,
            dockerfileName: basename(dockerfile),
            context,
            target: request.target,
            buildArgs: new Map(Object.entries(request.buildArgs ?? {})),
            labels: new Map(Object.entries(request.labels ?? {})),
            tags: (request.tags ?? []).map((tag) => withDefaultTag(parseReference(tag))),
            platform,
            noCache: request.noCache ?? false,
            pull: request.pull ?? false,
            epoch: request.timestamp,
            run: { ...noRunSettings, ...request.run },
            signal: request.signal,
          },
          {
            layers,
            images: store.images,
            cache: createBuildCache(store.db, layers, Date.now),
            ports: buildPorts(store, containers, request),
            createLease: () => store.createLease(),
            now: Date.now,
            tell: request.onProgress ?? (() => {}),
            onFindings: request.onFindings ?? (() => {}),
          },
        ),
      );
    },
  };
}

function buildPorts(
  store: Store,
  containers: () => Promise<ContainerParts>,
  { fetch, debug }: NewBuild,
): BuildPorts {
  async function find(reference: string, platform: Platform): Promise<BaseImage> {
    const { id } = await imageForContainer(store, reference, platformText(platform));
    return { id: store.images.find(id).id };
  }
  return {
    async base(reference, platform, pull) {
      if (pull && fetch !== undefined) await fetch(reference, platformText(platform));
      try {
        return await find(reference, platform);
      } catch (error) {
        if (fetch === undefined || pull || !isLamellaError(error, 'not-found')) throw error;
        await fetch(reference, platformText(platform));
        return await find(reference, platform);
      }
    },
    async run(request) {
      const { service, driver } = await containers();
      return await runProcess({ store, service, driver, debug }, request);
    },
  };
}

/** A build that died has left containers and mounts; who builds next takes them away. */
async function collectAbandoned(store: Store, containers: () => Promise<ContainerParts>): Promise<void> {
  const { root, runFolder: run } = store.settings;
  if (!hasBuildFolders({ root, run }) && store.db.get('SELECT 1 FROM containers') === undefined) return;
  await (await containers()).refresh();
  await collectBuildFolders({ root, run });
}

async function readDockerfile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    throw new LamellaError(
      'not-found',
      `failed to read dockerfile: open ${basename(path)}: no such file or directory`,
      {
        code: 'dockerfile-not-found',
        hint: `Where is the Dockerfile? Say it with -f: there is none at ${path}.`,
        cause: error,
      },
    );
  }
}
