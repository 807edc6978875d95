import { LamellaError } from '../../base/errors.ts';

/** What `--security-opt` says. */
export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** '' is the default profile, `unconfined` none, else the profile as JSON. */
  readonly seccomp: string;
  /** '' is the default. */
  readonly appArmor: string;
  /** Of SELinux: `disable`, `level:s0:c100`, … */
  readonly labels: readonly string[];
  readonly writableCgroups: boolean;
}

/**
 * Reads the options, `name=value` or, as of old, `name:value`.
 *
 * @throws LamellaError invalid `security-option-invalid`
 */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let found: SecurityOptions = {
    noNewPrivileges: false,
    seccomp: '',
    appArmor: '',
    labels: [],
    writableCgroups: false,
  };
  for (const option of options) found = { ...found, ...parseOption(option, found) };
  return found;
}

function parseOption(option: string, { labels }: SecurityOptions): Partial<SecurityOptions> {
  if (option === 'no-new-privileges') return { noNewPrivileges: true };
  if (option === 'disable') return { labels: [...labels, 'disable'] };
  const separator = option.includes('=') ? '=' : ':';
  const at = option.indexOf(separator);
  if (at === -1) throw invalid(`invalid --security-opt 1: ${JSON.stringify(option)}`);
  const value = option.slice(at + 1);
  switch (option.slice(0, at)) {
    case 'label':
      return { labels: [...labels, value] };
    case 'apparmor':
      return { appArmor: value };
    case 'seccomp':
      return { seccomp: value === 'builtin' ? '' : value };
    case 'no-new-privileges':
      return { noNewPrivileges: parseBoolean(value, option) };
    case 'writable-cgroups':
      return { writableCgroups: parseBoolean(value, option) };
    default:
      throw invalid(`invalid --security-opt 2: ${JSON.stringify(option)}`);
  }
}

/** The words that Go takes for true and false (strconv.ParseBool). */
function parseBoolean(text: string, option: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw invalid(`invalid --security-opt 2: ${JSON.stringify(option)}`);
}

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'security-option-invalid' });
}
