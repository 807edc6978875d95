import type { ContainerConfig } from '../oci/container-config.ts';
import type { Digest } from '../oci/digest.ts';
import type { HistoryEntry, ImageConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/platform.ts';

/** An image in the making: what the steps so far have made. It is never changed, each step gives a new one. */
export interface StageState {
  readonly platform: Platform;
  readonly diffIds: readonly Digest[];
  readonly config: ContainerConfig;
  readonly author: string | undefined;
  readonly history: readonly HistoryEntry[];
  /** Build arguments that hold here, by name, in the order of their ARGs. */
  readonly args: ReadonlyMap<string, string>;
  /** CMD was given in this stage. */
  readonly hasCommand: boolean;
  /** The image that the first stage of all began with. */
  readonly baseId: Digest | undefined;
}

/** PATH of what begins from nothing, as BuildKit sets it. */
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function emptyState(platform: Platform): StageState {
  return {
    platform,
    diffIds: [],
    config: { Env: [defaultPath], WorkingDir: '/' },
    author: undefined,
    history: [],
    args: new Map(),
    hasCommand: false,
    baseId: undefined,
  };
}

export function stateOfImage(id: Digest, image: ImageConfig, platform: Platform): StageState {
  const { diffIds, config = {}, author, history = [] } = image;
  const env = config.Env ?? [];
  const hasPath = env.some((line) => line.startsWith('PATH='));
  return {
    ...emptyState({ ...platform, os: image.os, architecture: image.architecture }),
    diffIds,
    config: hasPath ? config : { ...config, Env: [defaultPath, ...env] },
    author,
    history,
    baseId: id,
  };
}

/** What a stage has that begins with another one: all, its arguments included. */
export function continued(state: StageState): StageState {
  return { ...state, hasCommand: false };
}

/** The state after a step that made a layer, or none. */
export function withStep(
  state: StageState,
  entry: { readonly createdBy: string; readonly created: string | undefined },
  change: Partial<StageState> & { readonly diffId?: Digest | undefined } = {},
): StageState {
  const { diffId, ...rest } = change;
  return {
    ...state,
    ...rest,
    diffIds: diffId === undefined ? (rest.diffIds ?? state.diffIds) : [...state.diffIds, diffId],
    history: [
      ...state.history,
      {
        ...(entry.created === undefined ? {} : { created: entry.created }),
        createdBy: entry.createdBy,
        comment: 'buildkit.dockerfile.v0',
        ...(diffId === undefined ? { emptyLayer: true } : {}),
      },
    ],
  };
}
