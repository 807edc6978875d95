import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import { removeTree } from '../../base/files.ts';
import { formatGoDuration } from '../../oci/go-duration.ts';
import type { ContainerPaths } from '../container-paths.ts';
import { processIn } from '../exec.ts';
import type { RuntimeParts } from '../parts.ts';
import { runtimeError } from '../runtime-error.ts';
import type { Container } from '../types.ts';
import type { HealthSettings } from './health-settings.ts';
import type { CheckResult } from './health-state.ts';

/** Bytes of output that are kept of a check. */
const maxOutput = 4096;

/**
 * Runs a container's health check once, through the OCI runtime alone: nobody attaches to it and nothing logs it, so it
 * needs no conmon. When its time is up, it is killed with all that it has started.
 *
 * @param options.signal ends it early
 */
export async function runCheck(
  container: Container,
  { command, timeout }: Pick<HealthSettings, 'command' | 'timeout'>,
  {
    paths,
    parts,
    now,
    signal,
  }: { paths: ContainerPaths; parts: RuntimeParts; now: () => number; signal: AbortSignal },
): Promise<CheckResult> {
  const start = now();
  const folder = join(paths.bundle, `check-${randomBytes(8).toString('hex')}`);
  const [processFile, pidFile] = [join(folder, 'process.json'), join(folder, 'pid')];
  try {
    await mkdir(folder, { mode: 0o700 });
    await writeFile(processFile, JSON.stringify(processIn(container, checkRequest(command))), {
      mode: 0o600,
    });
    const ended = await runUntil(
      parts.runtime.path,
      ['--root', paths.runtimeRoot, 'exec', '--process', processFile, '--pid-file', pidFile, container.id],
      { timeout, signal, kill: () => killGroup(pidFile) },
    );
    const end = now();
    if (ended === undefined) return { start, end, exitCode: -1, output: '' };
    if (ended.isLate) {
      const text = ended.output === '' ? '' : `: ${ended.output}`;
      const output = `Health check exceeded timeout (${formatGoDuration(timeout * 1e6)})${text}`;
      return { start, end, exitCode: -1, output };
    }
    if (readPid(pidFile) === undefined) {
      return { start, end, exitCode: -1, output: runtimeError('exec', ended.output).message };
    }
    return { start, end, exitCode: ended.exitCode, output: ended.output };
  } catch (error) {
    return { start, end: now(), exitCode: -1, output: messageOf(error) };
  } finally {
    await removeTree(folder);
  }
}

function checkRequest(command: readonly string[]): Parameters<typeof processIn>[1] {
  return {
    command,
    env: [],
    user: '',
    workingDir: '',
    tty: false,
    privileged: false,
    consoleSize: [0, 0],
  };
}

interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly isLate: boolean;
}

/** Undefined where `signal` ended it. */
async function runUntil(
  program: string,
  args: readonly string[],
  { timeout, signal, kill }: { timeout: number; signal: AbortSignal; kill: () => void },
): Promise<Ended | undefined> {
  const child = spawn(program, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const output = gather();
  child.stdout.on('data', output.add);
  child.stderr.on('data', output.add);
  const closed = once(child, 'close').catch(() => {});
  const exited = once(child, 'exit') as Promise<[code: number | null]>;
  const over = AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeout, 2 ** 31 - 1))]);
  const stop = (): void => {
    kill();
    child.kill('SIGKILL');
  };
  over.addEventListener('abort', stop, { once: true });
  try {
    const [code] = await exited;
    // What it left behind may hold the pipes open.
    await Promise.race([closed, delay(100)]);
    if (signal.aborted) return undefined;
    return { exitCode: code ?? -1, output: output.text(), isLate: over.aborted };
  } finally {
    over.removeEventListener('abort', stop);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function gather(): { add: (piece: Buffer) => void; text: () => string } {
  const pieces: Buffer[] = [];
  let size = 0;
  return {
    add(piece) {
      if (size <= maxOutput) pieces.push(piece.subarray(0, maxOutput + 1 - size));
      size += piece.byteLength;
    },
    text() {
      const all = Buffer.concat(pieces);
      return size <= maxOutput
        ? all.toString('utf8')
        : `${all.subarray(0, maxOutput - 3).toString('utf8')}...`;
    },
  };
}

/** The runtime makes each process the leader of a session of its own. */
function killGroup(pidFile: string): void {
  const pid = readPid(pidFile);
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
