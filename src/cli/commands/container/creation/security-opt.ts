import { readFile } from 'node:fs/promises';
import { messageOf, systemErrorCode } from '../../../../base/errors.ts';
import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import { CliError } from '../../../errors/cli-error.ts';

/**
 * `--security-opt` as the engine takes it: a seccomp profile as its content, and `systempaths=unconfined` as the empty
 * lists that it means.
 *
 * @throws CliError in Docker's words
 */
export async function readSecurityOptions(
  options: readonly string[],
): Promise<Pick<HostConfig, 'SecurityOpt' | 'MaskedPaths' | 'ReadonlyPaths'>> {
  const read = await Promise.all(options.map(readOption));
  const kept = read.filter((option) => option !== 'systempaths=unconfined');
  const paths = kept.length < read.length ? [] : undefined;
  return { SecurityOpt: kept, MaskedPaths: paths, ReadonlyPaths: paths };
}

async function readOption(option: string): Promise<string> {
  const separator = option.includes('=') ? '=' : ':';
  const at = option.indexOf(separator);
  const name = at === -1 ? option : option.slice(0, at);
  const value = at === -1 ? '' : option.slice(at + 1);
  if (value === '' && name !== 'no-new-privileges') {
    throw refused(`Invalid --security-opt: ${JSON.stringify(option)}`);
  }
  if (name !== 'seccomp' || value === 'builtin' || value === 'unconfined') return option;
  return `seccomp=${await readProfile(value)}`;
}

async function readProfile(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason = systemErrorCode(error) === 'ENOENT' ? 'no such file or directory' : messageOf(error);
    throw refused(`opening seccomp profile (${path}) failed: open ${path}: ${reason}`);
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw refused(`compacting json for seccomp profile (${path}) failed: ${messageOf(error)}`);
  }
}

function refused(message: string): CliError {
  return new CliError(message, { exitCode: 125, isIntroduced: true });
}
