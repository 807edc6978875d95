import type { Engine, EngineName } from '../engines/engine.ts';
import type { Bench, Measure } from '../measures/measure.ts';
import { settle } from './caches.ts';

/** All values of each metric, by its id and by engine, in the order they were taken. */
export type Values = Map<string, Partial<Record<EngineName, number[]>>>;

/**
 * Takes the measures of a group in rounds: each measure with each engine in turn, so that what disturbs the machine for a
 * while disturbs all of them. An engine that cannot do a measure is left out of its further rounds, aloud.
 */
export function takeGroup(
  group: readonly Measure[],
  engines: readonly Engine[],
  bench: Bench,
  options: { rounds?: number | undefined; log: (line: string) => void },
): Values {
  const values: Values = new Map();
  const failed = new Set<string>();
  const attempt = (measure: Measure, engine: Engine, step: () => void): void => {
    const key = `${measure.name} ${engine.name}`;
    if (failed.has(key)) return;
    try {
      step();
    } catch (error) {
      failed.add(key);
      options.log(`${key}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const each = (step: 'setup' | 'teardown'): void => {
    for (const measure of group)
      for (const engine of engines) attempt(measure, engine, () => measure[step]?.(engine, bench));
  };
  const take = (measure: Measure, engine: Engine): void => {
    measure.before?.(engine, bench);
    settle();
    for (const [id, value] of Object.entries(measure.run(engine, bench))) {
      if (value === undefined) continue;
      const metric = values.get(id) ?? {};
      (metric[engine.name] ??= []).push(value);
      values.set(id, metric);
      options.log(`${id} ${engine.name} ${value > 1e5 ? value : value.toPrecision(4)}`);
    }
  };

  each('setup');
  const wanted = (measure: Measure): number => options.rounds ?? measure.rounds;
  for (let round = 0; round < Math.max(...group.map(wanted)); round += 1)
    for (const measure of group.filter((measure) => round < wanted(measure)))
      for (const engine of engines) attempt(measure, engine, () => take(measure, engine));
  each('teardown');
  return values;
}
