import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RmiStep {
  /** Words of the command. */
  readonly words: readonly string[];
  /** What must be printed: `Untagged: …`, `Deleted: …`, `! message`. */
  readonly output: readonly string[];
}

export interface RmiScenario {
  readonly name: string;
  readonly steps: readonly RmiStep[];
}

/** test/fixtures/rmi/scenarios.txt, which says itself how it is written. */
export function readRmiScenarios(): RmiScenario[] {
  const text = readFileSync(join(import.meta.dirname, '../fixtures/rmi/scenarios.txt'), 'utf8');
  return text
    .split(/^== /m)
    .slice(1)
    .map((part) => {
      const [name = '', ...lines] = part.trim().split('\n');
      return { name, steps: lines.join('\n').split(/^\$ /m).slice(1).map(readStep) };
    });
}

function readStep(text: string): RmiStep {
  const [command = '', ...output] = text.trimEnd().split('\n');
  // `DIGEST A` is one word.
  return { words: command.replaceAll(/DIGEST (\w+)/g, 'DIGEST_$1').split(' '), output };
}

/** Replaces what changes from run to run by its names: longer texts first, so that no ID is replaced inside another. */
export function withSymbols(text: string, symbols: ReadonlyMap<string, string>): string {
  const longestFirst = [...symbols].sort(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((result, [value, symbol]) => result.replaceAll(value, symbol), text);
}
