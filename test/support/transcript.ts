import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A transcript is what a terminal shows: lines that begin with `$ ` are commands, the others what they printed. The
 * commands say `docker`; whose `docker` that is, the caller decides with a shell function of that name.
 */
export function commandsOf(transcript: string): string[] {
  return transcript
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2));
}

/** Whether the commands speak of a registry, whose `HOST:PORT` they call `$REGISTRY`. */
export function needsRegistry(transcript: string): boolean {
  return transcript.includes('$REGISTRY');
}

/**
 * Each command with what it printed. What Docker lists in the order of a Go map, which is none, is put in order. How a
 * layer came is left out: what was removed is kept here for an undo, so that its layers need not come again.
 */
export function stepsOf(transcript: string): string[] {
  const text = transcript.replace(
    /^<ID12>: (?:Already exists|Pulling fs layer|Download complete|Pull complete)\n/gm,
    '',
  );
  return text.split(/^(?=\$ )/m).map((step) => {
    if (!/^\$ docker (?:images|diff)\b/.test(step)) return step;
    return step.trimEnd().split('\n').sort().join('\n');
  });
}

/**
 * Runs the commands in one bash and gives the transcript anew, with exit statuses other than 0 as `[exit N]`.
 *
 * @param prelude shell lines that come first, such as a function named docker
 */
export async function runTranscript(
  commands: readonly string[],
  { prelude, cwd, env }: { prelude: string; cwd: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  const lines = commands.flatMap((command) => [
    `printf '$ %s\\n' ${quote(command)}`,
    `{ ${command} ; } </dev/null`,
    'code=$?; [ $code = 0 ] || echo "[exit $code]"',
  ]);
  const shell = spawn('bash', ['--noprofile', '--norc', '-s'], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const pieces: Buffer[] = [];
  shell.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  shell.stdin.end(`exec 2>&1\n${prelude}\n${lines.join('\n')}\n`);
  await new Promise<void>((resolve, reject) => {
    shell.on('error', reject);
    shell.on('close', () => resolve());
  });
  return normalise(Buffer.concat(pieces).toString('utf8'));
}

/**
 * Takes out what differs from run to run (IDs, times, random names) and what one version of runc says and another does
 * not. Columns keep their order, not their width.
 */
function normalise(text: string): string {
  return (
    text
      .replace(/\x1b\[[0-9;]*m/g, '')
      .replace(/127\.0\.0\.1:\d+/g, '<REGISTRY>')
      // Two gzips make two manifests of one layer.
      .replace(/(?<=digest: sha256:[0-9a-f]{64} size: )\d+/g, '<SIZE>')
      .replace(/\b[0-9a-f]{64}\b/g, '<ID64>')
      .replace(/\b[0-9a-f]{12}\b/g, '<ID12>')
      // Docker says it now and then, as its printer comes to it.
      .replace(/^<ID12>: Verifying Checksum\n/gm, '')
      .replace(/\b(?:Less than a|About a|About an|\d+) (?:second|minute|hour)s?(?: ago)?/g, '<AGE>')
      .replace(/\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)/g, '<TIME>')
      .replace(/(?<=  )[a-z]+_[a-z]+$/gm, '<NAME>')
      .replace(/error during container init: |is a directory: /g, '')
      .replace(/ {3,}/g, '   ')
      .replace(/ +$/gm, '')
  );
}

/** A root file system whose sizes are the same on every machine: busybox, padded to 3 MiB, and its links. */
export function makeTinyRoot(folder: string): void {
  for (const name of ['bin', 'etc', 'tmp', 'root', 'proc', 'sys', 'dev'])
    mkdirSync(join(folder, name), { recursive: true });
  const busybox = join(folder, 'bin', 'busybox');
  copyFileSync('/bin/busybox', busybox);
  chmodSync(busybox, 0o755);
  const size = 3 << 20;
  if (statSync(busybox).size > size) throw new Error('this busybox is larger than the transcripts expect');
  truncateSync(busybox, size);
  for (const name of [
    'sh',
    'ls',
    'cat',
    'echo',
    'true',
    'false',
    'touch',
    'rm',
    'mkdir',
    'sleep',
    'id',
    'env',
    'hostname',
    'pwd',
    'mv',
  ]) {
    symlinkSync('busybox', join(folder, 'bin', name));
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
