import { isLamellaError } from '../base/errors.ts';
import { applyStep } from '../dockerfile/config/apply-step.ts';
import { environmentOf } from '../dockerfile/config/environment.ts';
import { instructionError } from '../dockerfile/instruction-error.ts';
import { at } from '../dockerfile/source/read-source.ts';
import { parseTrigger } from '../dockerfile/parse/parse-step.ts';
import type { ArgStep, Step } from '../dockerfile/parse/steps.ts';
import type { Stage } from '../dockerfile/parse-dockerfile.ts';
import { expandWord } from '../dockerfile/words/expand-word.ts';
import { argumentValue } from './arguments.ts';
import type { BuildRun } from './build-run.ts';
import { historyText } from './history-text.ts';
import { withStep, type StageState } from './stage-state.ts';
import { isShown, type StepPlace } from './step-place.ts';
import { copyStep } from './steps/copy-step.ts';
import { runStep } from './steps/run-step.ts';
import { workdirStep } from './steps/workdir-step.ts';

/**
 * Does all steps of a stage, one after the other.
 *
 * @param begin what FROM gives
 */
export async function buildStage(run: BuildRun, stage: Stage, begin: StageState): Promise<StageState> {
  const { OnBuild: triggers = [], ...config } = begin.config;
  const { syntax } = run;
  const steps = [
    ...triggers.map((trigger) => at(stage.range, () => parseTrigger(trigger, stage, syntax))),
    ...stage.steps,
  ];
  const shown = steps.filter(isShown);
  const name = run.stageName(stage);
  let state: StageState = triggers.length === 0 ? begin : { ...begin, config };
  for (const step of steps) {
    run.request.signal?.throwIfAborted();
    const number = shown.indexOf(step) + 2;
    const label = `[${name}${number}/${shown.length + 1}] `;
    state = await doStep(run, state, step, { stage, label });
  }
  return state;
}

async function doStep(run: BuildRun, state: StageState, step: Step, place: StepPlace): Promise<StageState> {
  const expand = (word: string): string => expandIn(state, word, run);
  switch (step.kind) {
    case 'arg':
      return at(step.range, () => declare(run, state, step, expand));
    case 'run':
      return await runStep(run, state, step, place, expand);
    case 'add':
    case 'copy':
      return await copyStep(run, state, step, place, expand);
    case 'workdir':
      return await workdirStep(run, state, step, place, expand);
    default: {
      const { hasCommand } = state;
      const config = at(step.range, () =>
        inBuildWords(step, () => applyStep(state.config, step, expand, state)),
      );
      return withStep(
        state,
        { createdBy: historyText(step, expand), created: run.created },
        {
          config,
          args: withoutNames(state, step, expand),
          hasCommand: hasCommand || step.kind === 'cmd',
          ...(step.kind === 'maintainer' ? { author: step.value } : {}),
        },
      );
    }
  }
}

/** The one of ENV and ARG that came last holds: an ENV takes an argument of its name away. */
function expandIn({ config, args }: StageState, word: string, { syntax }: BuildRun): string {
  const environment = environmentOf(config.Env);
  return expandWord(word, (name) => args.get(name) ?? environment.get(name), syntax);
}

function withoutNames(
  { args }: StageState,
  step: Step,
  expand: (word: string) => string,
): StageState['args'] {
  if (step.kind !== 'env' || args.size === 0) return args;
  const names = new Set(step.pairs.map(([name]) => expand(name)));
  return new Map([...args].filter(([name]) => !names.has(name)));
}

function declare(
  run: BuildRun,
  state: StageState,
  step: ArgStep,
  expand: (word: string) => string,
): StageState {
  const args = new Map(state.args);
  const shown: string[] = [];
  for (const arg of step.args) {
    const value = argumentValue(arg, run.request.buildArgs, run.outsideArgs, expand);
    if (value === undefined) args.delete(arg.name);
    else args.set(arg.name, value);
    shown.push(value === undefined ? arg.name : `${arg.name}=${value}`);
  }
  return withStep(state, { createdBy: `ARG ${shown.join(' ')}`, created: run.created }, { args });
}

/** BuildKit names the port in an error where Docker's engine does not. */
function inBuildWords<T>(step: Step, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (step.kind !== 'expose' || !isLamellaError(error)) throw error;
    const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
    throw instructionError(`invalid port: ${JSON.stringify(step.words.join(' '))}: ${message}`);
  }
}
