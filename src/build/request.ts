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
  readonly run: RunSettings;
  readonly signal?: AbortSignal | undefined;
}

/** What concerns the steps of RUN. */
export interface RunSettings {
  readonly network: 'default' | 'none' | 'host';
  /** What steps may do besides: `network.host`, `security.insecure`. */
  readonly allow: ReadonlySet<string>;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Sockets of SSH agents, by ID. */
  readonly agents: ReadonlyMap<string, string>;
  readonly limits: RunLimits;
}

/** Where a secret is read from, each time that a step needs it. */
export type SecretSource = { readonly file: string } | { readonly value: string };

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
  /** What the process sees in its environment, and nothing else ever learns: secrets, and proxies with their passwords. */
  readonly hiddenEnv: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly network: 'default' | 'none' | 'host';
  readonly privileged: boolean;
  readonly mounts: readonly RunMount[];
  readonly limits: RunLimits;
  readonly onOutput: (bytes: Uint8Array, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal | undefined;
  /** What time a file in the layer gets, by the time that it has. */
  readonly newestTime: number | undefined;
}

/** What `build` says of all processes of RUN. */
interface RunLimits {
  /** `name:address` */
  readonly extraHosts: readonly string[];
  readonly ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  /** Bytes of /dev/shm. */
  readonly shmSize: number | undefined;
  readonly cgroupParent: string;
}

interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Something more that the process sees at `target`, an absolute path; what it writes there is not in the layer. */
export type RunMount =
  | ({ readonly kind: 'layers'; readonly target: string; readonly readOnly: boolean } & LayersPart)
  | ({
      readonly kind: 'cache';
      readonly target: string;
      readonly readOnly: boolean;
      /** Stands for all that makes it another cache. */
      readonly key: string;
      /** As the person calls it. */
      readonly id: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      /** What it holds at first. */
      readonly seed: LayersPart | undefined;
    } & Owned)
  | {
      readonly kind: 'tmpfs';
      readonly target: string;
      readonly size: number | undefined;
      readonly readOnly: boolean;
    }
  /** Never written to a disk. */
  | ({ readonly kind: 'file'; readonly target: string; readonly content: Uint8Array } & Owned)
  | ({ readonly kind: 'ssh'; readonly target: string; readonly socket: string } & Owned);

/** A file or directory in a stack of layers. */
export interface LayersPart {
  /** Bottom first. */
  readonly diffIds: readonly Digest[];
  /** Relative, without symlinks; '' is all. */
  readonly source: string;
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
