import type { CommandLine } from '../dockerfile/parse/steps.ts';
import type { ConfigStep, Expand } from '../dockerfile/config/apply-step.ts';

/** What `history` shows of a step that only changes the config, as BuildKit writes it. */
export function historyText(step: ConfigStep, expand: Expand): string {
  switch (step.kind) {
    case 'env':
    case 'label':
      return `${step.kind.toUpperCase()} ${step.pairs.map(([name, value]) => `${expand(name)}=${expand(value)}`).join(' ')}`;
    case 'cmd':
    case 'entrypoint':
      return `${step.kind.toUpperCase()} ${commandText(step.command)}`;
    case 'expose':
      return `EXPOSE ${portsText(step.words.map(expand))}`;
    case 'volume':
      return `VOLUME [${step.words.map(expand).join(' ')}]`;
    case 'shell':
      return `SHELL [${step.shell.join(' ')}]`;
    case 'user':
    case 'stopsignal':
    case 'workdir':
      return `${step.kind.toUpperCase()} ${expand(step.value)}`;
    case 'maintainer':
      return `MAINTAINER ${step.value}`;
    case 'onbuild':
      return `ONBUILD ${step.trigger}`;
    default:
      step.kind satisfies 'healthcheck';
      return step.line;
  }
}

function commandText(command: CommandLine): string {
  if (command.form === 'exec') return `[${command.words.map((word) => JSON.stringify(word)).join(' ')}]`;
  return `["/bin/sh" "-c" ${JSON.stringify(command.text)}]`;
}

function portsText(words: readonly string[]): string {
  const ports = words.map((word) => (word.includes('/') ? word : `${word}/tcp`));
  return `map[${ports.map((port) => `${port}:{}`).join(' ')}]`;
}
