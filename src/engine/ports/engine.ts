import type { BuildEngine } from './build-engine.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { ImageEngine } from './image-engine.ts';
import type { NetworkEngine } from './network-engine.ts';
import type { RegistryEngine } from './registry-engine.ts';
import type { SystemEngine } from './system-engine.ts';
import type { VolumeEngine } from './volume-engine.ts';

/** All that the command line asks of the engine. Each part is loaded when it is first used. */
export interface Engine extends AsyncDisposable {
  images(): Promise<ImageEngine>;
  containers(): Promise<ContainerEngine>;
  registry(): Promise<RegistryEngine>;
  builder(): Promise<BuildEngine>;
  system(): Promise<SystemEngine>;
  volumes(): Promise<VolumeEngine>;
  networks(): Promise<NetworkEngine>;
}

/** Global flags that concern the engine, as given on the command line. */
interface EngineOptions {
  readonly root: string | undefined;
  readonly storageDriver: string | undefined;
  readonly debug: boolean;
}

export type OpenEngine = (options: EngineOptions) => Promise<Engine>;
