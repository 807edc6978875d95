import type { Stage } from '../parse-dockerfile.ts';
import type { Step } from '../parse/steps.ts';
import { wordOf, type Finding } from './finding.ts';

const secret = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const open = /(?:_|^)public(?:_|$)/i;

/** What holds at the beginning of a stage, from the stage that it begins with. */
export interface Inherited {
  readonly hasWorkdir: boolean;
  readonly hasShell: boolean;
}

/** The instructions of a stage, each by itself or with those of its kind; their variables are not looked at. */
export function checkSteps({ steps }: Stage, inherited: Inherited): Finding[] {
  let { hasWorkdir, hasShell } = inherited;
  return steps.flatMap((step) => {
    const messages = [...checkStep(step), ...checkRepeated(step, steps)];
    if (step.kind === 'workdir') {
      const isRelative = !step.value.startsWith('/') && !step.value.startsWith('$');
      if (isRelative && !hasWorkdir) {
        const message = `Relative workdir "${step.value}" can have unexpected results if the base image changes`;
        messages.push(['WorkdirRelativePath', message]);
      }
      hasWorkdir = true;
    }
    if (step.kind === 'shell') hasShell = true;
    if ((step.kind === 'cmd' || step.kind === 'entrypoint') && step.command.form === 'shell' && !hasShell) {
      const message = `JSON arguments recommended for ${wordOf(step)} to prevent unintended behavior related to OS signals`;
      messages.push(['JSONArgsRecommended', message]);
    }
    return messages.map(([rule, message]) => ({ rule, message, range: step.range }));
  });
}

type Message = readonly [rule: Finding['rule'], message: string];

function checkStep(step: Step): Message[] {
  switch (step.kind) {
    case 'env':
    case 'label': {
      const word = wordOf(step);
      const legacy = `"${word} key=value" should be used instead of legacy "${word} key value" format`;
      return [
        ...(step.legacy ? [['LegacyKeyValueFormat', legacy] as const] : []),
        ...(step.kind === 'env' ? step.pairs.flatMap(([name]) => checkSecret('ENV', name)) : []),
      ];
    }
    case 'arg':
      return step.args.flatMap(({ name }) => checkSecret('ARG', name));
    case 'expose':
      return step.words.flatMap(checkPort);
    default:
      return [];
  }
}

function checkSecret(kind: 'ARG' | 'ENV', name: string): Message[] {
  if (!secret.test(name) || open.test(name)) return [];
  const message = `Do not use ARG or ENV instructions for sensitive data (${kind} "${name}")`;
  return [['SecretsUsedInArgOrEnv', message]];
}

function checkPort(port: string): Message[] {
  const [ports = '', protocol = ''] = port.split('/', 2);
  const casing = `Defined protocol '${port}' in EXPOSE instruction should be lowercase`;
  const format = `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`;
  return [
    ...(protocol !== protocol.toLowerCase() && !protocol.includes('$')
      ? [['ExposeProtoCasing', casing] as const]
      : []),
    ...(ports.includes(':') && !ports.includes('$') ? [['ExposeInvalidFormat', format] as const] : []),
  ];
}

/** Of CMD, ENTRYPOINT and HEALTHCHECK only the last one of a stage counts. */
function checkRepeated(step: Step, steps: readonly Step[]): Message[] {
  if (!['cmd', 'entrypoint', 'healthcheck'].includes(step.kind)) return [];
  const later = steps.slice(steps.indexOf(step) + 1).find(({ kind }) => kind === step.kind);
  if (later === undefined) return [];
  const message = `Multiple ${wordOf(later)} instructions should not be used in the same stage because only the last one will be used`;
  return [['MultipleInstructionsDisallowed', message]];
}
