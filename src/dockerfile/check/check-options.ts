import { instructionError } from '../instruction-error.ts';
import type { Finding } from './finding.ts';

/** What `# check=…` says (Dockerfile reference, "check"). */
export interface CheckOptions {
  readonly skip: ReadonlySet<string> | 'all';
  /** Rules that are asked for by name, since they are not for everybody. */
  readonly experimental: ReadonlySet<string> | 'all';
  /** Findings end the build. */
  readonly isError: boolean;
}

const experimentalRules: ReadonlySet<string> = new Set(['CopyIgnoredFile', 'InvalidDefinitionDescription']);

/**
 * Reads `skip=RULE,RULE;error=true`.
 *
 * @throws LamellaError invalid `instruction-invalid`
 */
export function parseCheckOptions(text: string): CheckOptions {
  let options: CheckOptions = { skip: new Set(), experimental: new Set(), isError: false };
  for (const part of text.split(';').filter((each) => each.trim() !== '')) {
    const equals = part.indexOf('=');
    if (equals < 0) throw instructionError(`invalid check option ${JSON.stringify(part)}`);
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (key === 'skip' || key === 'experimental') options = { ...options, [key]: namesOf(value) };
    else if (key !== 'error') throw instructionError(`invalid check option ${JSON.stringify(key)}`);
    else if (/^(?:1|t|true)$/i.test(value)) options = { ...options, isError: true };
    else if (/^(?:0|f|false)$/i.test(value)) options = { ...options, isError: false };
    else throw instructionError(`failed to parse check option "error": invalid syntax`);
  }
  return options;
}

export function isWanted({ rule }: Finding, { skip, experimental }: CheckOptions): boolean {
  if (skip === 'all' || skip.has(rule)) return false;
  return !experimentalRules.has(rule) || experimental === 'all' || experimental.has(rule);
}

function namesOf(value: string): ReadonlySet<string> | 'all' {
  return value === 'all' ? 'all' : new Set(value.split(',').map((name) => name.trim()));
}
