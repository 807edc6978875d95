import { once } from './once.ts';
import type { BuildEngine } from './ports/build-engine.ts';
import type { ContainerEngine } from './ports/container-engine.ts';
import type { Engine as EnginePorts } from './ports/engine.ts';
import type { ImageEngine } from './ports/image-engine.ts';
import type { NetworkEngine } from './ports/network-engine.ts';
import type { RegistryEngine } from './ports/registry-engine.ts';
import type { SystemEngine } from './ports/system-engine.ts';
import type { VolumeEngine } from './ports/volume-engine.ts';
import { readSettings, type SettingsOptions } from './settings.ts';
import { openStore } from './store.ts';

/** Everything that Lamella does, in four parts; see the ports for what each offers. */
export interface Engine extends EnginePorts {
  /** Records the end of a container and releases what it held: called by conmon, through the command. */
  recordExit(id: string): Promise<void>;
  /** Checks the health of containers as long as there are any to check: called by the command that the first one starts. */
  keepHealth(): Promise<void>;
}

/**
 * Opens the store and gives the engine over it. Each part is loaded when it is first used.
 *
 *     await using engine = openEngine();
 *     const images = await engine.images();
 *     for (const image of await images.list()) console.log(image.RepoTags);
 */
export function openEngine(options: SettingsOptions = {}): Engine {
  const settings = readSettings(options);
  const store = once(() => openStore(settings));
  const containers = once(async () => (await import('./container-engine.ts')).createContainerEngine(store()));
  let opened = false;
  const use = <T>(value: T): T => {
    opened = true;
    return value;
  };
  const cleanup = new AsyncDisposableStack();
  const registry = once(async (): Promise<RegistryEngine> =>
    cleanup.use((await import('./registry-engine.ts')).createRegistryEngine(use(store()))),
  );
  return {
    images: once(async (): Promise<ImageEngine> =>
      (await import('./image-engine.ts')).createImageEngine(use(store()), async () =>
        (await containers()).refresh(),
      ),
    ),
    containers: async (): Promise<ContainerEngine> => (use(store()), (await containers()).engine),
    system: once(async (): Promise<SystemEngine> =>
      (await import('./system-engine.ts')).createSystemEngine(use(store()), containers),
    ),
    volumes: once(async (): Promise<VolumeEngine> =>
      (await import('./volume-engine.ts')).createVolumeEngine(use(store())),
    ),
    networks: once(async (): Promise<NetworkEngine> =>
      (await import('./network-engine.ts')).createNetworkEngine(use(store()), containers),
    ),
    registry,
    builder: once(async (): Promise<BuildEngine> =>
      (await import('./build-engine.ts')).createBuildEngine(use(store()), containers),
    ),
    keepHealth: async () => (use(store()), (await containers()).keepHealth()),
    recordExit: async (id) => (use(store()), (await containers()).recordExit(id)),
    async [Symbol.asyncDispose]() {
      await cleanup.disposeAsync();
      if (opened) store()[Symbol.dispose]();
    },
  };
}
