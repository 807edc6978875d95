import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import type { LayerView } from '../layers/layer-view.ts';
import type { PatternSet } from './context/patterns.ts';

/** Where files to copy come from. */
export interface BuildContext {
  /** Opens it for looking; whoever opens it disposes of it. */
  open(): LayerView;
  readonly ignore: PatternSet;
}

export interface BuildRequest {
  readonly dockerfile: string;
  /** How errors call the Dockerfile. */
  readonly dockerfileName: string;
  readonly context: BuildContext;
  /** A stage's name or number; the last one by default. */
  readonly target: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly tags: readonly Reference[];
  readonly platform: Platform;
  /** Steps that are done anew: all, or those of the named stages. */
  readonly noCache: boolean | readonly string[];
  /** Ask the registry for base images even where they are here. */
  readonly pull: boolean;
  /** Seconds since 1970 that no file and no image is newer than; `now` is Docker's way: files keep their times. */
  readonly epoch: number | 'now' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An image that a stage begins with, or copies from. */
export interface BaseImage {
  readonly id: Digest;
}

/** A process of RUN, with all that decides what it does. */
export interface RunRequest {
  readonly diffIds: readonly Digest[];
  readonly platform: Platform;
  readonly words: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly network: 'default' | 'none' | 'host';
  readonly privileged: boolean;
  readonly mounts: readonly RunMount[];
  readonly onOutput: (bytes: Uint8Array, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal | undefined;
  /** What time a file in the layer gets, by the time that it has. */
  readonly newestTime: number | undefined;
}

/** Something more that the process sees; what it writes there is not in the layer. */
export interface RunMount {
  readonly target: string;
  readonly source: string;
  readonly readOnly: boolean;
}

export interface RunResult {
  readonly exitCode: number;
  /** The changes; undefined where there are none, or where it failed. */
  readonly diffId: Digest | undefined;
}

/** What the build asks of its surroundings. */
export interface BuildPorts {
  /** Finds the image here, or gets it. @throws LamellaError not-found */
  base(reference: string, platform: Platform, pull: boolean): Promise<BaseImage>;
  run(request: RunRequest): Promise<RunResult>;
}

/** A step, as progress tells of it. */
export interface BuildStep {
  /** Counts from 1, in the order in which steps become known. */
  readonly number: number;
  /** `[build 2/5] RUN make` */
  readonly name: string;
}

export type BuildEvent =
  | { readonly kind: 'started'; readonly step: BuildStep }
  | { readonly kind: 'output'; readonly step: BuildStep; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly step: BuildStep; readonly cached: boolean; readonly seconds: number }
  | { readonly kind: 'failed'; readonly step: BuildStep; readonly message: string; readonly seconds: number };
