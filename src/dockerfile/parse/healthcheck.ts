import type { Healthcheck } from '../../oci/container-config.ts';
import { parseGoDuration } from '../../oci/go-duration.ts';
import { instructionError } from '../instruction-error.ts';
import { type Flags, type Instruction, readFlags } from '../source/instruction.ts';
import { parseJsonWords } from '../words/words.ts';

const shortest = 1e6;

/** Reads the arguments of HEALTHCHECK. */
export function parseHealthcheck(instruction: Instruction): Healthcheck {
  const [, type = '', command = ''] = /^(\S*)\s*([\s\S]*)$/.exec(instruction.rest) ?? [];
  if (type === '') throw instructionError('HEALTHCHECK requires at least one argument');
  if (type.toUpperCase() === 'NONE') {
    if (command !== '') throw instructionError('HEALTHCHECK NONE takes no arguments');
    readFlags(instruction);
    return { Test: ['NONE'] };
  }
  const flags = readFlags(instruction, {
    values: ['interval', 'timeout', 'start-period', 'start-interval', 'retries'],
  });
  if (type.toUpperCase() !== 'CMD') {
    throw instructionError(`Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`);
  }
  const words = parseJsonWords(command);
  if (command === '' || words?.length === 0) throw instructionError('Missing command after HEALTHCHECK CMD');
  return {
    Test: words ? ['CMD', ...words] : ['CMD-SHELL', command],
    Interval: readDuration(flags, 'interval'),
    Timeout: readDuration(flags, 'timeout'),
    StartPeriod: readDuration(flags, 'start-period'),
    StartInterval: readDuration(flags, 'start-interval'),
    Retries: readRetries(flags.value('retries') ?? ''),
  };
}

function readDuration(flags: Flags, name: string): number {
  const text = flags.value(name) ?? '';
  const duration = text === '' ? 0 : parseGoDuration(text);
  if (duration !== 0 && duration < shortest) {
    throw instructionError(`Interval ${JSON.stringify(name)} cannot be less than 1ms`);
  }
  return duration;
}

function readRetries(text: string): number {
  if (text === '') return 0;
  if (!/^[+-]?[0-9]{1,9}$/.test(text)) {
    throw instructionError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const retries = Number(text);
  if (retries < 0) throw instructionError(`--retries cannot be negative (${retries})`);
  return retries;
}
