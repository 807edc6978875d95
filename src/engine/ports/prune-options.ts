import type { Filters } from './common.ts';

export interface PruneOptions {
  readonly filters?: Filters;
  /** Says what would go, and how much, and leaves it. */
  readonly dryRun?: boolean;
}

/** A dry run may ask what would go if these containers were removed first, by their IDs. */
export interface DependentPruneOptions extends PruneOptions {
  readonly withoutContainers?: readonly string[];
}
