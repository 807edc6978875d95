import type { Engine, EngineName } from '../engines/engine.ts';
import type { Fixtures } from '../fixtures/fixtures.ts';
import type { Registry } from '../registry/registry.ts';

/** The medians of one metric; an engine that was not measured is absent. */
export type Medians = Readonly<Partial<Record<EngineName, number>>>;

/** What is asked of Lamella. */
export interface Goal {
  readonly text: string;
  /** Undefined when what it compares with was not measured. */
  met(medians: Medians): boolean | undefined;
}

export interface Metric {
  readonly title: string;
  readonly unit: 'seconds' | 'bytes';
  readonly goal?: Goal;
}

export interface Bench {
  readonly fixtures: Fixtures;
  /** A folder for output files, on the disk of all the stores. */
  readonly out: string;
  /** Undefined where the peers are not here. */
  readonly registry: Registry | undefined;
}

/** For measures that cannot be taken without one. */
export function registryOf({ registry }: Bench): Registry {
  if (registry === undefined) throw new Error('there is no docker-registry on this machine');
  return registry;
}

/** One thing that is done with each engine in turn, and what is learned from doing it. */
export interface Measure<Id extends string = string> {
  readonly name: string;
  readonly rounds: number;
  readonly needsRegistry?: true;
  readonly metrics: Readonly<Record<Id, Metric>>;
  /** Once for each engine, before the first round. */
  setup?(engine: Engine, bench: Bench): void;
  /** Brings an engine into the state that a round starts from. Not timed. */
  before?(engine: Engine, bench: Bench): void;
  run(engine: Engine, bench: Bench): Readonly<Partial<Record<Id, number>>>;
  /** Once for each engine, after the last round. */
  teardown?(engine: Engine, bench: Bench): void;
}

/** At most this many times the other's value. */
export function atMost(times: number, other: EngineName): Goal {
  return {
    text: `≤ ${times} × ${other}`,
    met(medians) {
      const reference = medians[other];
      const own = medians.lamella;
      return reference === undefined || own === undefined ? undefined : own <= reference * times;
    },
  };
}

/** At most this many bytes. */
export function below(bytes: number): Goal {
  return {
    text: `≤ ${bytes / 1e6} MB`,
    met: ({ lamella }) => (lamella === undefined ? undefined : lamella <= bytes),
  };
}
