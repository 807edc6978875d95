import { posix } from 'node:path';
import type { ContainerConfig } from '../../oci/container-config.ts';
import { parseSignal } from '../../oci/signals.ts';
import { setOwn } from '../../oci/strict-json.ts';
import { instructionError } from '../instruction-error.ts';
import { expandWord, type Lookup } from '../words/expand-word.ts';
import { parseExposed } from '../parse/expose.ts';
import { parseHealthcheck } from '../parse/healthcheck.ts';
import { type Instruction, parseInstructions, readFlags } from '../source/instruction.ts';
import { parseJsonWords, parsePairs, splitWords } from '../words/words.ts';

const defaultShell = ['/bin/sh', '-c'];

/**
 * Applies the Dockerfile instructions of `import -c` and `commit -c` to a config: CMD, ENTRYPOINT, ENV, EXPOSE,
 * HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR.
 *
 * @param changes one or more lines each
 * @returns a new config
 * @throws LamellaError invalid `instruction-invalid`, `signal-invalid` or `duration-invalid`, in Docker's words
 */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  if (changes.length === 0) return config;
  const instructions = parseInstructions(changes.join('\n'));
  if (instructions.length === 0) throw instructionError('file with no instructions');
  for (const { name, command } of instructions) {
    if (!Object.hasOwn(handlers, command)) throw instructionError(`${name} is not a valid change command`);
  }
  let cmdSet = false;
  let result = config;
  for (const instruction of instructions) {
    const change = handlers[instruction.command]?.(instruction, result) ?? {};
    result = { ...result, ...change };
    if (instruction.command === 'CMD') cmdSet = true;
    // A new entry point makes the inherited command meaningless, unless one of these changes gave it.
    if (instruction.command === 'ENTRYPOINT' && !cmdSet) result = withoutCommand(result);
  }
  return result;
}

type Handler = (instruction: Instruction, config: ContainerConfig) => ContainerConfig;

const handlers: Readonly<Record<string, Handler>> = {
  CMD: (instruction, config) => ({ Cmd: parseCommand(instruction, config) }),
  ENTRYPOINT: (instruction, config) => ({ Entrypoint: parseCommand(instruction, config) }),
  ENV: applyEnv,
  EXPOSE: applyExpose,
  HEALTHCHECK: (instruction) => ({ Healthcheck: parseHealthcheck(instruction) }),
  LABEL: applyLabel,
  ONBUILD: applyOnBuild,
  STOPSIGNAL: applyStopSignal,
  USER: (instruction, config) => ({ User: expandWord(single(instruction), environment(config)) }),
  VOLUME: applyVolume,
  WORKDIR: applyWorkdir,
};

function parseCommand(instruction: Instruction, config: ContainerConfig): string[] {
  readFlags(instruction);
  const words = parseJsonWords(instruction.rest);
  if (words) return words;
  const shell = config.Shell?.length ? config.Shell : defaultShell;
  return [...shell, ...(instruction.rest === '' ? [] : [instruction.rest])];
}

function applyEnv(instruction: Instruction, config: ContainerConfig): ContainerConfig {
  readFlags(instruction);
  const lookup = environment(config);
  const env = [...(config.Env ?? [])];
  for (const [rawName, rawValue] of parsePairs('ENV', instruction.rest)) {
    const name = expandWord(rawName, lookup);
    const line = `${name}=${expandWord(rawValue, lookup)}`;
    const index = env.findIndex((other) => other.split('=', 1)[0] === name);
    if (index < 0) env.push(line);
    else env[index] = line;
  }
  return { Env: env };
}

function applyLabel(instruction: Instruction, config: ContainerConfig): ContainerConfig {
  readFlags(instruction);
  const lookup = environment(config);
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(config.Labels ?? {})) setOwn(labels, name, value);
  for (const [name, value] of parsePairs('LABEL', instruction.rest)) {
    setOwn(labels, expandWord(name, lookup), expandWord(value, lookup));
  }
  return { Labels: labels };
}

function applyExpose(instruction: Instruction, config: ContainerConfig): ContainerConfig {
  readFlags(instruction);
  const lookup = environment(config);
  const words = splitWords(instruction.rest);
  if (words.length === 0) throw instructionError('EXPOSE requires at least one argument');
  const expanded = words
    .flatMap((word) => expandWord(word, lookup).split(/\s+/))
    .filter((word) => word !== '');
  const ports = expanded.flatMap(parseExposed);
  return { ExposedPorts: { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) } };
}

function applyVolume(instruction: Instruction, config: ContainerConfig): ContainerConfig {
  readFlags(instruction);
  const lookup = environment(config);
  const words =
    parseJsonWords(instruction.rest) ?? instruction.rest.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) throw instructionError('VOLUME requires at least one argument');
  const volumes: Record<string, object> = { ...config.Volumes };
  for (const word of words) {
    const path = expandWord(word, lookup).trim();
    if (path === '') throw instructionError('VOLUME specified can not be an empty string');
    setOwn(volumes, path, {});
  }
  return { Volumes: volumes };
}

function applyWorkdir(instruction: Instruction, config: ContainerConfig): ContainerConfig {
  const path = expandWord(single(instruction), environment(config));
  if (path === '') throw instructionError('cannot normalize nothing');
  const normal = posix.resolve('/', config.WorkingDir ?? '', path);
  return { WorkingDir: normal };
}

function applyStopSignal(instruction: Instruction, config: ContainerConfig): ContainerConfig {
  const signal = expandWord(single(instruction), environment(config));
  parseSignal(signal);
  return { StopSignal: signal };
}

function applyOnBuild(instruction: Instruction, config: ContainerConfig): ContainerConfig {
  readFlags(instruction);
  const trigger = instruction.rest;
  const command = trigger.split(/\s/, 1)[0]?.toUpperCase() ?? '';
  if (command === '') throw instructionError('ONBUILD requires at least one argument');
  if (command === 'ONBUILD') throw instructionError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (command === 'FROM' || command === 'MAINTAINER') {
    throw instructionError(`${command} isn't allowed as an ONBUILD trigger`);
  }
  return { OnBuild: [...(config.OnBuild ?? []), trigger] };
}

/** The whole rest of the line as the one argument of USER, WORKDIR and STOPSIGNAL. */
function single(instruction: Instruction): string {
  readFlags(instruction);
  if (instruction.rest === '') throw instructionError(`${instruction.command} requires exactly one argument`);
  return instruction.rest;
}

function environment(config: ContainerConfig): Lookup {
  const values = new Map<string, string>();
  for (const line of config.Env ?? []) {
    const equals = line.indexOf('=');
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return (name) => values.get(name);
}

function withoutCommand(config: ContainerConfig): ContainerConfig {
  const { Cmd: _, ...rest } = config;
  return rest;
}
