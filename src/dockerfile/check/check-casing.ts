import type { Dockerfile } from '../parse-dockerfile.ts';
import { wordOf, type Finding } from './finding.ts';

/** Whether all instructions are written in the same case: in that of most, capitals where neither has more. */
export function checkCasing({ stages }: Dockerfile): Finding[] {
  const words = stages.flatMap((stage) => [
    { word: stage.from, range: stage.range },
    ...stage.steps.map((step) => ({ word: wordOf(step), range: step.range })),
  ]);
  const lower = words.filter(({ word }) => word === word.toLowerCase()).length;
  const upper = words.filter(({ word }) => word === word.toUpperCase()).length;
  const isLower = lower > upper;
  return words
    .filter(({ word }) => word !== (isLower ? word.toLowerCase() : word.toUpperCase()))
    .map(({ word, range }) => ({
      rule: 'ConsistentInstructionCasing',
      message: `Command '${word}' should match the case of the command majority (${isLower ? 'lowercase' : 'uppercase'})`,
      range,
    }));
}
