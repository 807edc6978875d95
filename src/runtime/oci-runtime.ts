import { spawn } from 'node:child_process';
import { constants, rmSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../base/errors.ts';
import { namespaceOwner } from '../base/user.ts';
import { isPidAlive } from '../db/process-owner.ts';
import { removeCgroups } from './cgroups/remove-cgroups.ts';
import { findInitProcess } from './init-process.ts';
import { continueBySignals, stopBySignals } from './stop-by-signals.ts';
import { runtimeError } from './runtime-error.ts';
import type { RuntimePart } from './parts.ts';
import type { ChangeableResources } from './spec/resources.ts';

export interface RuntimeCall {
  readonly runtime: RuntimePart;
  readonly runtimeRoot: string;
  readonly id: string;
}

/**
 * Lets the process of a created container begin.
 *
 * A process that runc has created waits until someone reads from its `exec.fifo`, which is what `runc start` does too;
 * reading it here saves 20 ms. Where that file is not found, the runtime is asked.
 *
 * @param pid of the waiting process
 */
export async function startCreated(call: RuntimeCall, pid: number): Promise<void> {
  if (call.runtime.name === 'runc' && (await readExecFifo(call, pid))) return;
  await runRuntime(call, 'create', ['start', call.id]);
}

async function readExecFifo({ runtimeRoot, id }: RuntimeCall, pid: number): Promise<boolean> {
  const path = join(runtimeRoot, id, 'exec.fifo');
  let fifo;
  try {
    fifo = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
  await using file = fifo;
  const byte = Buffer.alloc(1);
  for (;;) {
    // Asked before the reading: the process may write, run and end between the two.
    const wasAlive = isPidAlive(pid);
    // Without a writer yet the file is at its end, with one that has not written it is not ready.
    const bytesRead = await file.read(byte, 0, 1, null).then(
      (result) => result.bytesRead,
      (error: unknown) => (systemErrorCode(error) === 'EAGAIN' ? 0 : Promise.reject(error as Error)),
    );
    if (bytesRead === 1) break;
    if (!wasAlive) return false;
    await delay(1);
  }
  await unlink(path);
  return true;
}

/**
 * Removes what the runtime keeps of a container and whatever of its processes is left; nothing happens where there is
 * none. For runc that is its control groups and one folder; others are asked to do it.
 *
 * @param cgroups below the root of each hierarchy; undefined where it has none of its own
 */
export async function deleteFromRuntime(call: RuntimeCall, cgroups: string | undefined): Promise<void> {
  if (call.runtime.name !== 'runc')
    await runRuntime(call, 'create', ['delete', '--force', call.id]).catch(() => {});
  if (cgroups === undefined) await endInitProcess(call);
  else await removeCgroups(cgroups);
  rmSync(join(call.runtimeRoot, call.id), { recursive: true, force: true });
}

/** With a container's first process all others end that are in its pid namespace. */
async function endInitProcess(call: RuntimeCall): Promise<void> {
  const pid = findInitProcess(call);
  if (pid === undefined) return;
  process.kill(pid, 'SIGKILL');
  for (let waited = 0; waited < 2000 && findInitProcess(call) !== undefined; waited += 1) await delay(1);
}

/** Stops all processes of a container where they are. */
export async function freeze(call: RuntimeCall): Promise<void> {
  const pid = namespaceOwner() === undefined ? undefined : findInitProcess(call);
  if (pid !== undefined) return await stopBySignals(pid);
  await runRuntime(call, 'pause', ['pause', call.id]);
}

export async function thaw(call: RuntimeCall): Promise<void> {
  const pid = namespaceOwner() === undefined ? undefined : findInitProcess(call);
  if (pid !== undefined) return continueBySignals(pid);
  await runRuntime(call, 'resume', ['resume', call.id]);
}

/** Changes the limits of a container that runs. */
export async function changeResources(call: RuntimeCall, resources: ChangeableResources): Promise<void> {
  await runRuntime(call, 'update', ['update', '--resources', '-', call.id], JSON.stringify(resources));
}

async function runRuntime(
  { runtime, runtimeRoot }: RuntimeCall,
  action: 'create' | 'pause' | 'resume' | 'update',
  args: readonly string[],
  input = '',
): Promise<void> {
  const child = spawn(runtime.path, ['--root', runtimeRoot, ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let printed = '';
  // It may have ended before it has read everything; its exit code tells.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  child.stderr.on('data', (piece: Buffer) => (printed += piece.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw runtimeError(action, printed);
}
