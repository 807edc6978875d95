import { instructionError } from '../instruction-error.ts';
import { suggestWord } from '../suggest-word.ts';
import { parseInstruction, readFlags } from '../source/instruction.ts';
import type { WordSyntax } from '../words/word-syntax.ts';
import { parseJsonWords, parsePairs, splitWords } from '../words/words.ts';
import { parseCopy } from './copy.ts';
import { parseHealthcheck } from './healthcheck.ts';
import { parseRun } from './run.ts';
import { commandLine, type StepSource } from './step-source.ts';
import type { ArgStep, CommandStep, Located, Step } from './steps.ts';

type StepParser = (source: StepSource, located: Located) => Step;

const parsers: Readonly<Record<string, StepParser>> = {
  ADD: parseCopy,
  ARG: parseArg,
  CMD: (source, located) => commandStep('cmd', source, located),
  COPY: parseCopy,
  ENTRYPOINT: (source, located) => commandStep('entrypoint', source, located),
  ENV: (source, located) => ({ kind: 'env', ...pairsOf(source), ...located }),
  EXPOSE: (source, located) => ({ kind: 'expose', words: exposeWords(source), ...located }),
  HEALTHCHECK: (source, located) => ({
    kind: 'healthcheck',
    healthcheck: parseHealthcheck(source),
    ...located,
  }),
  LABEL: (source, located) => ({ kind: 'label', ...pairsOf(source), ...located }),
  MAINTAINER: (source, located) => ({ kind: 'maintainer', value: single(source), ...located }),
  ONBUILD: (source, located) => ({ kind: 'onbuild', trigger: triggerOf(source), ...located }),
  RUN: parseRun,
  SHELL: parseShell,
  STOPSIGNAL: (source, located) => ({ kind: 'stopsignal', value: single(source), ...located }),
  USER: (source, located) => ({ kind: 'user', value: single(source), ...located }),
  VOLUME: (source, located) => ({ kind: 'volume', words: volumeWords(source), ...located }),
  WORKDIR: (source, located) => ({ kind: 'workdir', value: single(source), ...located }),
};

/** In upper case. */
const stepCommands: readonly string[] = Object.keys(parsers);

/**
 * Reads an instruction; variables in it stay as they are.
 *
 * @throws LamellaError invalid `instruction-invalid`, in BuildKit's words
 */
export function parseStep(source: StepSource): Step {
  const parse = Object.hasOwn(parsers, source.command) ? parsers[source.command] : undefined;
  if (parse === undefined) {
    const meant = suggestWord(source.name, [...stepCommands, 'FROM']);
    throw instructionError(`unknown instruction: ${source.name}${meant}`);
  }
  return parse(source, { range: source.range, line: source.line.trim() });
}

/** The instruction that ONBUILD kept in an image; its place is that of the FROM that brought it. */
export function parseTrigger(trigger: string, place: Located, syntax: WordSyntax): Step {
  const instruction = parseInstruction(trigger);
  return parseStep({
    ...instruction,
    line: trigger,
    range: place.range,
    heredocs: [],
    comments: [],
    syntax,
  });
}

function commandStep(kind: CommandStep['kind'], source: StepSource, located: Located): CommandStep {
  readFlags(source);
  return { kind, command: commandLine(source.rest), ...located };
}

function pairsOf(source: StepSource): ReturnType<typeof parsePairs> {
  readFlags(source);
  return parsePairs(source.command, source.rest, source.syntax);
}

function parseArg(source: StepSource, located: Located): ArgStep {
  readFlags(source);
  const words = splitWords(source.rest, source.syntax);
  if (words.length === 0) throw instructionError('ARG requires at least one argument');
  const args = words.map((word) => {
    const equals = word.indexOf('=');
    if (equals === 0) throw instructionError('ARG names can not be blank');
    if (equals < 0) return { name: word, value: undefined };
    return { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
  return { kind: 'arg', args, ...located };
}

function exposeWords(source: StepSource): string[] {
  readFlags(source);
  const words = splitWords(source.rest, source.syntax);
  if (words.length === 0) throw instructionError('EXPOSE requires at least one argument');
  return words;
}

function volumeWords(source: StepSource): string[] {
  readFlags(source);
  const words = parseJsonWords(source.rest) ?? source.rest.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) throw instructionError('VOLUME requires at least one argument');
  return words;
}

function parseShell(source: StepSource, located: Located): Step {
  readFlags(source);
  const shell = parseJsonWords(source.rest);
  if (source.rest === '' || shell?.length === 0) {
    throw instructionError('SHELL requires at least one argument');
  }
  if (shell === undefined) throw instructionError('SHELL requires the arguments to be in JSON form');
  return { kind: 'shell', shell, ...located };
}

function triggerOf(source: StepSource): string {
  readFlags(source);
  const { command } = parseInstruction(source.rest);
  if (command === '') throw instructionError('ONBUILD requires at least one argument');
  if (command === 'ONBUILD') {
    throw instructionError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  }
  if (command === 'FROM' || command === 'MAINTAINER') {
    throw instructionError(`${command} isn't allowed as an ONBUILD trigger`);
  }
  return source.rest;
}

/** The whole rest of the line as the one argument of USER, WORKDIR, STOPSIGNAL and MAINTAINER. */
function single(source: StepSource): string {
  readFlags(source);
  if (source.rest === '') throw instructionError(`${source.command} requires exactly one argument`);
  return source.rest;
}
