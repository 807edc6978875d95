import { posix } from 'node:path';
import type { ContainerConfig } from '../../oci/container-config.ts';
import { parseSignal } from '../../oci/signals.ts';
import { setOwn } from '../../oci/strict-json.ts';
import { instructionError } from '../instruction-error.ts';
import type { CommandLine, CommandStep, PairsStep, Step, ValueStep, WordsStep } from '../parse/steps.ts';
import { parseExposed } from './exposed-ports.ts';

/** What runs the shell form where no SHELL says otherwise. */
export const defaultShell: readonly string[] = ['/bin/sh', '-c'];

/** Takes quotes and escapes off a word and puts in the values of variables. */
export type Expand = (word: string) => string;

/** What steps before this one in the same stage have done, as far as the config alone does not tell. */
export interface StageProgress {
  /** CMD was given here, and not only inherited. */
  readonly hasCommand: boolean;
}

/** The steps that change nothing but the config. */
export type ConfigStep = Exclude<Step, { kind: 'arg' | 'add' | 'copy' | 'run' }>;

export function isConfigStep(step: Step): step is ConfigStep {
  return !['arg', 'add', 'copy', 'run'].includes(step.kind);
}

/**
 * The config after a step. MAINTAINER changes the image's author only, which is not in the config.
 *
 * @throws LamellaError invalid `instruction-invalid` or `signal-invalid`, in BuildKit's words
 */
export function applyStep(
  config: ContainerConfig,
  step: ConfigStep,
  expand: Expand,
  progress: StageProgress,
): ContainerConfig {
  switch (step.kind) {
    case 'env':
      return { ...config, Env: withPairs(config.Env ?? [], step, expand) };
    case 'label':
      return { ...config, Labels: withLabels(config, step, expand) };
    case 'expose':
      return { ...config, ExposedPorts: withPorts(config, step, expand) };
    case 'volume':
      return { ...config, Volumes: withVolumes(config, step, expand) };
    case 'user':
      return { ...config, User: expand(step.value) };
    case 'workdir':
      return { ...config, WorkingDir: workingDirectory(config, step, expand) };
    case 'stopsignal':
      return { ...config, StopSignal: stopSignal(step, expand) };
    case 'cmd':
      return { ...config, Cmd: commandWords(step.command, config) };
    case 'entrypoint':
      return withEntrypoint(config, step, progress);
    case 'shell':
      return { ...config, Shell: step.shell };
    case 'healthcheck':
      return { ...config, Healthcheck: step.healthcheck };
    case 'onbuild':
      return { ...config, OnBuild: [...(config.OnBuild ?? []), step.trigger] };
    default:
      step.kind satisfies 'maintainer';
      return config;
  }
}

/** The words that run a command line: the shell form goes to the image's shell. */
export function commandWords(command: CommandLine, { Shell }: ContainerConfig): readonly string[] {
  if (command.form === 'exec') return command.words;
  const shell = Shell?.length ? Shell : defaultShell;
  return [...shell, command.text];
}

/** A new entry point makes the inherited command meaningless, unless this stage gave it. */
function withEntrypoint(
  config: ContainerConfig,
  { command }: CommandStep,
  { hasCommand }: StageProgress,
): ContainerConfig {
  const { Cmd, ...rest } = config;
  const kept = hasCommand && Cmd !== undefined ? { Cmd } : {};
  return { ...rest, ...kept, Entrypoint: commandWords(command, config) };
}

/** Values see the environment as it was before the step, not each other. */
function withPairs(env: readonly string[], { pairs }: PairsStep, expand: Expand): string[] {
  const result = [...env];
  for (const [rawName, rawValue] of pairs) {
    const name = expand(rawName);
    const line = `${name}=${expand(rawValue)}`;
    const index = result.findIndex((other) => other.split('=', 1)[0] === name);
    if (index < 0) result.push(line);
    else result[index] = line;
  }
  return result;
}

function withLabels(
  { Labels }: ContainerConfig,
  { pairs }: PairsStep,
  expand: Expand,
): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(Labels ?? {})) setOwn(labels, name, value);
  for (const [name, value] of pairs) setOwn(labels, expand(name), expand(value));
  return labels;
}

function withPorts(
  { ExposedPorts }: ContainerConfig,
  { words }: WordsStep,
  expand: Expand,
): Record<string, object> {
  const expanded = words.flatMap((word) => expand(word).split(/\s+/)).filter((word) => word !== '');
  const ports = expanded.flatMap(parseExposed);
  return { ...ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
}

function withVolumes(
  { Volumes }: ContainerConfig,
  { words }: WordsStep,
  expand: Expand,
): Record<string, object> {
  const volumes: Record<string, object> = { ...Volumes };
  for (const word of words) {
    const path = expand(word).trim();
    if (path === '') throw instructionError('VOLUME specified can not be an empty string');
    setOwn(volumes, path, {});
  }
  return volumes;
}

function workingDirectory({ WorkingDir }: ContainerConfig, { value }: ValueStep, expand: Expand): string {
  return posix.resolve('/', WorkingDir ?? '', expand(value));
}

function stopSignal({ value }: ValueStep, expand: Expand): string {
  const signal = expand(value);
  parseSignal(signal);
  return signal;
}
