import type { Filters } from '../../images/filters.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';

/** JSON as the Docker Engine API answers it, keys in Docker's order. */
export type { JsonObject as ApiObject, JsonValue as ApiValue };

export type { Filters };

/** How far one part (a layer, a file) has come. */
export interface ProgressEvent {
  /** Short name of the part, such as the first 12 digits of a layer; '' speaks of the whole. */
  readonly id: string;
  /** Docker's words: `Loading layer`, `Pull complete`, … */
  readonly status: string;
  /** Bytes done, and bytes in all where known; neither for a plain message. */
  readonly current?: number;
  readonly total?: number;
}

export interface OperationOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
}
