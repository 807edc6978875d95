import type { ContainerConfig } from '../../oci/container-config.ts';
import { applyStep, defaultShell, isConfigStep, type ConfigStep, type Expand } from '../config/apply-step.ts';
import { environmentOf } from '../config/environment.ts';
import { instructionError } from '../instruction-error.ts';
import { parseStep } from '../parse/parse-step.ts';
import { readSource } from '../source/read-source.ts';
import { expandWord } from '../words/expand-word.ts';
import { backslash } from '../words/word-syntax.ts';

/** What `import -c` and `commit -c` take. */
const allowed: ReadonlySet<string> = new Set(
  ['CMD', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'HEALTHCHECK', 'LABEL', 'ONBUILD', 'STOPSIGNAL', 'USER'].concat([
    'VOLUME',
    'WORKDIR',
  ]),
);

/**
 * Applies the Dockerfile instructions of `import -c` and `commit -c` to a config: CMD, ENTRYPOINT, ENV, EXPOSE,
 * HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR.
 *
 * @param changes one or more lines each
 * @returns a new config
 * @throws LamellaError invalid `instruction-invalid`, `dockerfile-invalid`, `signal-invalid` or `duration-invalid`, in Docker's words
 */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  if (changes.length === 0) return config;
  const { instructions } = readSource(changes.join('\n'));
  for (const { name, command } of instructions) {
    if (!allowed.has(command)) throw instructionError(`${name} is not a valid change command`);
  }
  let hasCommand = false;
  let result = config;
  for (const instruction of instructions) {
    const step = parseStep({ ...instruction, syntax: backslash });
    if (!isConfigStep(step)) continue;
    const environment = environmentOf(result.Env);
    const expand = (word: string): string => expandWord(word, (name) => environment.get(name));
    result = applyStep(result, asEngineDoes(step, expand), expand, { hasCommand });
    hasCommand ||= step.kind === 'cmd';
  }
  return result;
}

/** Docker's engine differs from BuildKit in what it makes of nothing: a shell without a command, and no directory. */
function asEngineDoes(step: ConfigStep, expand: Expand): ConfigStep {
  if (step.kind === 'workdir' && expand(step.value) === '')
    throw instructionError('cannot normalize nothing');
  if (step.kind !== 'cmd' && step.kind !== 'entrypoint') return step;
  const isEmpty = step.command.form === 'shell' && step.command.text === '';
  return isEmpty ? { ...step, command: { form: 'exec', words: defaultShell } } : step;
}
