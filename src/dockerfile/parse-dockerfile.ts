import { DockerfileError, instructionError, type SourceRange } from './instruction-error.ts';
import { readFlags, type SourceInstruction } from './source/instruction.ts';
import { at, readSource, type Source } from './source/read-source.ts';
import { splitWords } from './words/words.ts';
import { parseStep } from './parse/parse-step.ts';
import type { ArgStep, Located, Step } from './parse/steps.ts';

/** FROM and what follows it. Variables are not yet expanded. */
export interface Stage extends Located {
  readonly index: number;
  /** In lower case; undefined where it has none. */
  readonly name: string | undefined;
  /** An image, a stage's name, or `scratch`. */
  readonly base: string;
  readonly platform: string | undefined;
  readonly steps: readonly Step[];
  /** `AS` as it was written. */
  readonly as: string | undefined;
  /** The instruction's own word, as written. */
  readonly from: string;
  readonly comments: readonly string[];
}

export interface Dockerfile {
  readonly source: Source;
  /** ARGs before the first FROM: for FROM lines only. */
  readonly metaArgs: readonly ArgStep[];
  /** At least one. */
  readonly stages: readonly Stage[];
}

/**
 * Reads a Dockerfile into stages and steps (Dockerfile reference). Nothing is expanded or looked up.
 *
 * @throws DockerfileError in BuildKit's words
 */
export function parseDockerfile(text: string): Dockerfile {
  if (text.trim() === '') throw new DockerfileError('the Dockerfile cannot be empty', { start: 1, end: 1 });
  const source = readSource(text);
  const metaArgs: ArgStep[] = [];
  const stages: (Stage & { steps: Step[] })[] = [];
  for (const instruction of source.instructions) {
    const { range } = instruction;
    if (instruction.command === 'FROM') {
      stages.push(at(range, () => parseFrom(instruction, stages.length, source), prefixOf(range)));
      continue;
    }
    const step = at(range, () => parseStep({ ...instruction, syntax: source.directives }), prefixOf(range));
    const stage = stages.at(-1);
    if (stage !== undefined) stage.steps.push(step);
    else if (step.kind === 'arg') metaArgs.push(step);
    else throw new DockerfileError('no build stage in current context', range);
  }
  const [first] = source.instructions;
  if (stages.length === 0 && first !== undefined) {
    throw new DockerfileError('dockerfile contains no stages to build', first.range);
  }
  return { source, metaArgs, stages };
}

function prefixOf({ start }: SourceRange): string {
  return `dockerfile parse error on line ${start}: `;
}

function parseFrom(
  instruction: SourceInstruction,
  index: number,
  { directives }: Source,
): Stage & { steps: Step[] } {
  const flags = readFlags(instruction, { values: ['platform'] });
  const [base = '', as, name, ...more] = splitWords(instruction.rest, directives);
  const isNamed = as !== undefined && name !== undefined && as.toUpperCase() === 'AS';
  if (base === '' || more.length > 0 || (as !== undefined && !isNamed)) {
    throw instructionError('FROM requires either one or three arguments');
  }
  const stageName = name?.toLowerCase();
  if (stageName !== undefined && !/^[a-z][a-z0-9\-_.]*$/.test(stageName)) {
    throw instructionError(
      `invalid name for build stage: ${JSON.stringify(name)}, name can't start with a number or contain symbols`,
    );
  }
  return {
    index,
    name: stageName,
    base,
    platform: flags.value('platform'),
    steps: [],
    as: name === undefined ? undefined : `${as} ${name}`,
    from: instruction.name,
    comments: instruction.comments,
    range: instruction.range,
    line: instruction.line.trim(),
  };
}
