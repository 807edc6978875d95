import type { Language, Text } from '../languages/text.ts';
import type { BuildEngine } from '../../engine/ports/build-engine.ts';
import type { ContainerEngine } from '../../engine/ports/container-engine.ts';
import type { ImageEngine } from '../../engine/ports/image-engine.ts';
import type { NetworkEngine } from '../../engine/ports/network-engine.ts';
import type { RegistryEngine } from '../../engine/ports/registry-engine.ts';
import type { SystemEngine } from '../../engine/ports/system-engine.ts';
import type { VolumeEngine } from '../../engine/ports/volume-engine.ts';
import type { Io } from './io.ts';

/** What a command works with. The engine's parts are opened when they are first asked for. */
export interface CommandContext {
  readonly io: Io;
  readonly language: Language;
  /** As it was called: `lamella image ls`. */
  readonly commandName: string;
  readonly json: boolean;
  readonly progress: string;
  images(): Promise<ImageEngine>;
  containers(): Promise<ContainerEngine>;
  registry(): Promise<RegistryEngine>;
  builder(): Promise<BuildEngine>;
  system(): Promise<SystemEngine>;
  volumes(): Promise<VolumeEngine>;
  networks(): Promise<NetworkEngine>;
  /** The text in the person's language. */
  say(text: Text, ...values: readonly string[]): string;
  print(text: string): Promise<void>;
  warn(text: string): Promise<void>;
}
