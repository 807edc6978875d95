import { instructionError } from '../instruction-error.ts';
import { readFlags } from '../source/instruction.ts';
import { mountSource } from './run-mount.ts';
import { commandLine, type StepSource } from './step-source.ts';
import type { Located, RunStep } from './steps.ts';

const networks = ['default', 'none', 'host'] as const;
const securities = ['sandbox', 'insecure'] as const;

export function parseRun(source: StepSource, located: Located): RunStep {
  const flags = readFlags(source, { values: ['network', 'security'], lists: ['mount', 'device'] });
  return {
    kind: 'run',
    command: commandLine(source.rest),
    heredocs: source.heredocs,
    mounts: flags.list('mount').map((text) => ({ text, from: mountSource(text) })),
    network: oneOf(networks, 'network mode', flags.value('network') ?? 'default'),
    security: oneOf(securities, 'security mode', flags.value('security') ?? 'sandbox'),
    devices: flags.list('device'),
    ...located,
  };
}

function oneOf<Value extends string>(known: readonly Value[], what: string, text: string): Value {
  const value = known.find((each) => each === text);
  if (value === undefined) throw instructionError(`invalid ${what} ${JSON.stringify(text)}`);
  return value;
}
