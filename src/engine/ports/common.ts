/** JSON as the Docker Engine API answers it. */
export type ApiValue = string | number | boolean | null | readonly ApiValue[] | ApiObject;
export interface ApiObject {
  readonly [key: string]: ApiValue;
}

/** `--filter key=value`, as the Docker Engine API takes it. The engine raises Docker's error for a key it does not know. */
export type Filters = Readonly<Record<string, readonly string[]>>;

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
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}
