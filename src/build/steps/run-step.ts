import { basename } from 'node:path/posix';
import { isLamellaError } from '../../base/errors.ts';
import { commandWords, type Expand } from '../../dockerfile/config/apply-step.ts';
import { DockerfileError, instructionError } from '../../dockerfile/instruction-error.ts';
import type { RunStep } from '../../dockerfile/parse/steps.ts';
import { heredocText } from '../../dockerfile/source/heredoc.ts';
import { at } from '../../dockerfile/source/read-source.ts';
import { chainIds } from '../../oci/chain-id.ts';
import { proxyArguments } from '../arguments.ts';
import type { BuildRun } from '../build-run.ts';
import type { StepPlace } from '../step-place.ts';
import { cacheKey } from '../cache.ts';
import { stepMounts } from '../mounts/run-mounts.ts';
import type { RunMount } from '../request.ts';
import { withStep, type StageState } from '../stage-state.ts';
import { cachedLayer } from './layer-step.ts';

/** RUN: a process in a container of what has been made so far; what it changes is the layer. */
export async function runStep(
  run: BuildRun,
  state: StageState,
  step: RunStep,
  place: StepPlace,
  expand: Expand,
): Promise<StageState> {
  const { config } = state;
  const { words, script } = processWords(step, config);
  const text = words.join(' ');
  const args = [...state.args].filter(([name]) => !proxyArguments.has(name));
  const env = [...(config.Env ?? []), ...args.map(([name, value]) => `${name}=${value}`)];
  const { User: user = '', WorkingDir: workingDir = '/' } = config;
  const network = at(step.range, () => allowedNetwork(run, step));
  const { diffId } = await run.progress.step(place.label + step.line, async (_, output) => {
    const mounts = await within(step, stepMounts(run, state, step, place, expand));
    const key = cacheKey(
      'run',
      chainIds(state.diffIds).at(-1) ?? '',
      words,
      env,
      user,
      workingDir,
      network,
      step.security,
      mounts.key,
      script?.content ?? '',
      run.epoch ?? null,
    );
    return await cachedLayer(run, place.stage, { key, description: step.line }, async () => {
      const result = await run.ports.run({
        diffIds: state.diffIds,
        platform: state.platform,
        words,
        env,
        hiddenEnv: [...proxiesOf(run), ...mounts.hiddenEnv],
        user,
        workingDir,
        network,
        privileged: step.security === 'insecure',
        mounts: [...(await mounts.open()), ...(script === undefined ? [] : [scriptMount(script)])],
        limits: run.request.run.limits,
        onOutput: output,
        signal: run.request.signal,
        newestTime: run.epoch,
      });
      if (result.exitCode !== 0) {
        const message = `process ${JSON.stringify(text)} did not complete successfully: exit code: ${result.exitCode}`;
        throw new DockerfileError(message, step.range);
      }
      if (result.diffId !== undefined) run.keep(result.diffId);
      return result.diffId;
    });
  });
  const given =
    args.length === 0 ? '' : `|${args.length} ${args.map(([name, value]) => `${name}=${value}`).join(' ')} `;
  const createdBy = `RUN ${given}${text} # buildkit`;
  return withStep(state, { createdBy, created: run.created }, { diffId });
}

/** Says of an error in which step it was. */
async function within<T>(step: RunStep, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    if (error instanceof DockerfileError || !isLamellaError(error)) throw error;
    if (error.kind === 'cancelled') throw error;
    throw new DockerfileError(error.message, step.range, error);
  }
}

/** @throws LamellaError invalid `instruction-invalid` where the person did not allow what the step asks for */
function allowedNetwork({ request }: BuildRun, { network, security, devices }: RunStep): RunStep['network'] {
  const { allow, network: everywhere } = request.run;
  if (devices.length > 0) {
    throw instructionError('RUN --device is not supported: steps of a build get no devices');
  }
  if (security === 'insecure' && !allow.has('security.insecure')) {
    throw instructionError('failed to load LLB: security.insecure is not allowed');
  }
  if (network === 'default') return everywhere;
  if (network === 'host' && everywhere !== 'host' && !allow.has('network.host')) {
    throw instructionError('failed to load LLB: network.host is not allowed');
  }
  return network;
}

interface ProcessWords {
  readonly words: readonly string[];
  /** What the words name, where they do. */
  readonly script?: { readonly path: string; readonly content: string };
}

/**
 * What is run. A here-document that is all there is makes the script; one that begins with `#!` is run by the program that
 * it names. A shell reads any others itself, as parts of its text.
 */
function processWords({ command, heredocs }: RunStep, config: StageState['config']): ProcessWords {
  if (command.form === 'exec' || heredocs.length === 0) return { words: commandWords(command, config) };
  const [only] = heredocs;
  const isAlone = /^\d*<<-?\s*(["']?)[^\s"']+\1$/.test(command.text.trim());
  if (only === undefined || heredocs.length > 1 || !isAlone) {
    const texts = heredocs.map(({ content, name }) => `${content}${name}`);
    return { words: commandWords({ form: 'shell', text: [command.text, ...texts].join('\n') }, config) };
  }
  const content = heredocText(only);
  if (!content.startsWith('#!')) return { words: commandWords({ form: 'shell', text: content }, config) };
  const path = `/dev/pipes/${basename(only.name)}`;
  return { words: commandWords({ form: 'shell', text: path }, config), script: { path, content } };
}

function scriptMount({ path, content }: NonNullable<ProcessWords['script']>): RunMount {
  return { kind: 'file', target: path, content: Buffer.from(content), mode: 0o755, uid: 0, gid: 0 };
}

/** Proxies hold for the process, but neither for the cache nor for the history. */
function proxiesOf({ request }: BuildRun): string[] {
  return [...request.buildArgs]
    .filter(([name]) => proxyArguments.has(name))
    .map(([name, value]) => `${name}=${value}`);
}
