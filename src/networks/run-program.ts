import { spawn } from 'node:child_process';
import { findProgram } from '../base/find-program.ts';
import { LamellaError } from '../base/errors.ts';

/**
 * Runs one of the system's programs to its end.
 *
 * @returns what it printed
 * @throws LamellaError unavailable `network-parts-missing`; internal `network-program-failed` with its words
 */
export async function runProgram(name: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(demandProgram(name), [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (piece: Buffer) => (texts[stream] += piece.toString('utf8')));
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return texts.stdout;
  throw new LamellaError('internal', `${name} ended with ${code}: ${texts.stderr.trim().slice(0, 500)}`, {
    code: 'network-program-failed',
  });
}

/** Those that networks need: nft for all, aardvark-dns for those with names. */
export const networkPrograms = ['nft', 'aardvark-dns'] as const;

/** What a missing program comes with on Debian and Ubuntu. */
const packages: Readonly<Record<string, string>> = { nft: 'nftables', 'aardvark-dns': 'aardvark-dns' };

export function demandProgram(name: string): string {
  const path = findNetworkProgram(name);
  if (path !== undefined) return path;
  throw new LamellaError('unavailable', `networks need the program ${name}, which is not installed`, {
    code: 'network-parts-missing',
    hint: `Install it: apt install ${packages[name] ?? name}; or use --network none or --network host.`,
  });
}

export function findNetworkProgram(name: string): string | undefined {
  return findProgram([name], { folders: ['/usr/libexec/podman', '/usr/lib/podman'] });
}
