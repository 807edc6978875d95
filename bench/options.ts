import { parseArgs } from 'node:util';
import type { EngineName } from './engines/engine.ts';

export interface Options {
  /** Measures by name; none means all. */
  readonly names: readonly string[];
  readonly engines: readonly EngineName[];
  /** Instead of each measure's own number. */
  readonly rounds: number | undefined;
  readonly json: boolean;
  readonly list: boolean;
}

const known: readonly EngineName[] = ['lamella', 'docker', 'podman'];

export function parseOptions(words: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      engines: { type: 'string', default: known.join(',') },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const asked = values.engines.split(',');
  return {
    names: positionals,
    engines: known.filter((name) => asked.includes(name)),
    rounds: values.rounds === undefined ? undefined : Math.max(1, Number.parseInt(values.rounds, 10) || 1),
    json: values.json,
    list: values.list,
  };
}
