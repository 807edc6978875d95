import type { Stage } from '../dockerfile/parse-dockerfile.ts';
import type { WordSyntax } from '../dockerfile/words/word-syntax.ts';
import type { LayerStore } from '../layers/store.ts';
import type { Digest } from '../oci/digest.ts';
import type { BuildCache } from './cache.ts';
import type { BuildPorts, BuildRequest } from './request.ts';
import type { StageState } from './stage-state.ts';
import type { StepProgress } from './step-progress.ts';

/** One build under way: what all of its steps share. */
export interface BuildRun {
  readonly request: BuildRequest;
  readonly ports: BuildPorts;
  readonly layers: LayerStore;
  readonly cache: BuildCache;
  readonly progress: StepProgress;
  readonly syntax: WordSyntax;
  /** ARGs before the first FROM, and the automatic ones. */
  readonly outsideArgs: ReadonlyMap<string, string>;
  /** RFC 3339: what the image and its history say; undefined says nothing. */
  readonly created: string | undefined;
  /** Seconds since 1970 that no file in a layer is newer than; undefined leaves files their times. */
  readonly epoch: number | undefined;
  /** `build `, `stage-1 `, or '' where there is but one without a name. */
  stageName(stage: Stage): string;
  /** The result of an earlier stage, made when it is first asked for. */
  stage(name: string, before: Stage): Promise<StageState> | undefined;
  /** The layers of an image that is no stage. */
  imageLayers(reference: string): Promise<readonly Digest[]>;
  /** Takes care that no collector takes a layer before the image names it. */
  keep(diffId: Digest): void;
  /** Whether steps of the stage take nothing from the cache. */
  isCacheless(stage: Stage): boolean;
}
