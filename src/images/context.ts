import type { BlobStore } from '../blobs/blob-store.ts';
import type { Database } from '../db/database.ts';

/** What every part of this room works with. */
export interface ImageContext {
  readonly db: Database;
  readonly blobs: BlobStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The person's user name, for the log. */
  readonly who: string;
}
