import { commandWords } from '../../dockerfile/config/apply-step.ts';
import { DockerfileError } from '../../dockerfile/instruction-error.ts';
import type { RunStep } from '../../dockerfile/parse/steps.ts';
import { chainIds } from '../../oci/chain-id.ts';
import { proxyArguments } from '../arguments.ts';
import type { BuildRun } from '../build-run.ts';
import { unsupportedStep, type StepPlace } from '../step-place.ts';
import { cacheKey } from '../cache.ts';
import { withStep, type StageState } from '../stage-state.ts';
import { cachedLayer } from './layer-step.ts';

/** RUN: a process in a container of what has been made so far; what it changes is the layer. */
export async function runStep(
  run: BuildRun,
  state: StageState,
  step: RunStep,
  place: StepPlace,
): Promise<StageState> {
  if (step.mounts.length > 0) {
    throw unsupportedStep('RUN --mount is not supported yet', 'COPY what the step needs.');
  }
  const { config } = state;
  const words = commandWords(withHeredocs(step), config);
  const args = [...state.args].filter(([name]) => !proxyArguments.has(name));
  const env = [...(config.Env ?? []), ...args.map(([name, value]) => `${name}=${value}`)];
  const { User: user = '', WorkingDir: workingDir = '/' } = config;
  const { network } = step;
  const key = cacheKey(
    'run',
    chainIds(state.diffIds).at(-1) ?? '',
    words,
    env,
    user,
    workingDir,
    network,
    run.epoch ?? null,
  );
  const { diffId } = await run.progress.step(place.label + step.line, async (_, output) =>
    cachedLayer(run, place.stage, { key, description: step.line }, async () => {
      const result = await run.ports.run({
        diffIds: state.diffIds,
        platform: state.platform,
        words,
        env: [...env, ...proxiesOf(run)],
        user,
        workingDir,
        network,
        privileged: step.security === 'insecure',
        mounts: [],
        onOutput: output,
        signal: run.request.signal,
        newestTime: run.epoch,
      });
      if (result.exitCode !== 0) {
        const message = `process ${JSON.stringify(words.join(' '))} did not complete successfully: exit code: ${result.exitCode}`;
        throw new DockerfileError(message, step.range);
      }
      if (result.diffId !== undefined) run.keep(result.diffId);
      return result.diffId;
    }),
  );
  const given =
    args.length === 0 ? '' : `|${args.length} ${args.map(([name, value]) => `${name}=${value}`).join(' ')} `;
  const createdBy = `RUN ${given}${words.join(' ')} # buildkit`;
  return withStep(state, { createdBy, created: run.created }, { diffId });
}

/** A shell reads its here-documents itself, so it gets them as a part of its text; one alone is the whole script. */
function withHeredocs({ command, heredocs }: RunStep): RunStep['command'] {
  if (command.form === 'exec' || heredocs.length === 0) return command;
  const [only] = heredocs;
  if (only !== undefined && heredocs.length === 1 && /^<<-?(["']?)[^\s"']+\1$/.test(command.text.trim())) {
    const script = only.stripTabs ? only.content.replace(/^\t+/gm, '') : only.content;
    return { form: 'shell', text: script };
  }
  const texts = heredocs.map(({ content, name }) => `${content}${name}`);
  return { form: 'shell', text: [command.text, ...texts].join('\n') };
}

/** Proxies hold for the process, but neither for the cache nor for the history. */
function proxiesOf({ request }: BuildRun): string[] {
  return [...request.buildArgs]
    .filter(([name]) => proxyArguments.has(name))
    .map(([name, value]) => `${name}=${value}`);
}
