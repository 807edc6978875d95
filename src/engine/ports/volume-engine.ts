import type { ApiObject, Filters } from './common.ts';
import type { DependentPruneOptions } from './prune-options.ts';

/** What a volume takes, as `GET /system/df` tells it. */
export interface VolumeUsage extends VolumeSummary {
  readonly UsageData: {
    /** Bytes of its files; -1 where something else is mounted there. */
    readonly Size: number;
    /** Containers that have it, whether they run or not. */
    readonly RefCount: number;
  };
}

/** One row of `GET /volumes` of the Docker Engine API. */
export interface VolumeSummary {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  /** RFC 3339, to the second. */
  readonly CreatedAt: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Scope: 'local';
}

interface NewVolume {
  /** Without it one of 64 hexadecimal digits is made up, and the volume is anonymous. */
  readonly name?: string | undefined;
  /** `local` */
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `type`, `device` and `o`: what is mounted there while a container uses it. */
  readonly options?: Readonly<Record<string, string>>;
}

/**
 * Volumes, by their names.
 *
 *     const { Name } = await volumes.create({ name: 'data' });
 *     await volumes.remove(Name);
 */
export interface VolumeEngine {
  /** One that is there already stays as it is. */
  create(volume: NewVolume): Promise<VolumeSummary>;
  /** Sorted by name. Filters: `name`, `label`, `driver`, `dangling`. */
  list(options?: { filters?: Filters }): Promise<VolumeSummary[]>;
  /** The JSON that `GET /volumes/{name}` answers, keys in Docker's order. */
  inspect(name: string): Promise<ApiObject>;
  /** All of them, with what they take on disk. */
  usage(): Promise<VolumeUsage[]>;
  /** One that a container has is refused. With `force` one that is not there is no error. */
  remove(name: string, options?: { force?: boolean }): Promise<void>;
  /** Removes anonymous volumes that no container has; with the filter `all=true` those with a name too. */
  prune(options?: DependentPruneOptions): Promise<{ removed: readonly string[]; spaceReclaimed: number }>;
}
