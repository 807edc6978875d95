import { resolve } from 'node:path';
import { CliError } from '../../../errors/cli-error.ts';

/** Reads `-v`: what names a source is a bind, as the engine takes it; a path alone is an anonymous volume. */
export function parseVolumeOptions(
  texts: readonly string[],
  cwd: string,
): { binds: string[]; volumes: string[] } {
  const binds: string[] = [];
  const volumes: string[] = [];
  for (const text of new Set(texts)) {
    refuseMalformed(text);
    if (text.length <= 2 || !text.includes(':')) volumes.push(text);
    else binds.push(absoluteSource(text, cwd));
  }
  return { binds, volumes };
}

function refuseMalformed(text: string): void {
  if (text === '') throw new CliError('invalid empty volume spec', { exitCode: 125, isIntroduced: true });
  if (text.length <= 2) return;
  const parts = text.split(':');
  const refuse = (problem: string): CliError =>
    new CliError(`invalid spec: ${text}: ${problem}`, { exitCode: 125, isIntroduced: true });
  if (parts.slice(0, 3).includes('')) throw refuse('empty section between colons');
  if (parts.length > 3) throw refuse('too many colons');
}

/** `./data:/data` means the folder here, as in Docker since 23.0. */
function absoluteSource(text: string, cwd: string): string {
  if (!text.startsWith('.')) return text;
  const colon = text.indexOf(':');
  return resolve(cwd, text.slice(0, colon)) + text.slice(colon);
}
