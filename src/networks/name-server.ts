import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import { lockFile } from '../linux/flock.ts';
import type { NameService } from './container-networks.ts';
import type { EndpointStore } from './endpoint-store.ts';
import { nameRecords } from './name-records.ts';
import { subnetOf, type Network } from './network.ts';
import { demandProgram, findNetworkProgram } from './run-program.ts';

/**
 * Names of containers on the networks that have them, told by aardvark-dns: one process for all networks of a store. It
 * listens at each network's gateway, reads one file for each network when it is told to, and ends when there is none.
 *
 *     <run>/names/<network's ID>     the gateway, then a line for each container
 *     <run>/names/aardvark.pid
 */
export function createNameServer(deps: { run: string; endpoints: EndpointStore }): NameService {
  const folder = join(deps.run, 'names');
  const pidFile = join(folder, 'aardvark.pid');

  function running(): number | undefined {
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(folder) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  function tell(pid: number): boolean {
    try {
      process.kill(pid, 'SIGHUP');
      return true;
    } catch (error) {
      if (systemErrorCode(error) !== 'ESRCH') throw error;
      return false;
    }
  }

  function write(network: Network): void {
    const path = join(folder, fileName(network));
    const known = deps.endpoints.named(network.id);
    if (known.length === 0) rmSync(path, { force: true });
    else {
      // Elsewhere first: the server reads whatever is in its folder.
      const gateway = subnetOf(network.spec, 4)?.Gateway ?? '';
      const draft = join(deps.run, 'names.draft');
      writeFileSync(draft, nameRecords(gateway, known));
      renameSync(draft, path);
    }
  }

  return {
    async update(networks) {
      if (networks.length === 0) return;
      if (findNetworkProgram(program) === undefined) {
        // What ends does not fail for it.
        if (networks.every(({ id }) => deps.endpoints.named(id).length === 0)) return;
        demandProgram(program);
      }
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      await using _ = await lockFile(join(deps.run, 'names.lock'));
      for (const network of networks) write(network);
      const isNeeded = readdirSync(folder).some((name) => !name.startsWith('aardvark'));
      const pid = running();
      if (pid !== undefined && tell(pid)) return;
      if (isNeeded) await start(folder);
    },
  };
}

const program = 'aardvark-dns';

/** Who is on an internal network gets no answers about the world outside. */
function fileName({ id, spec }: Network): string {
  return spec.internal ? `${id}%%int` : id;
}

/** It leaves this process by itself, and listens when that is done. */
async function start(folder: string): Promise<void> {
  const child = spawn(demandProgram(program), ['--config', folder, '-p', '53', 'run'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    detached: true,
  });
  let printed = '';
  child.stderr.on('data', (piece: Buffer) => (printed += piece.toString('utf8')));
  const code = await Promise.race([
    new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    }),
    delay(5000, -1, { ref: false }),
  ]);
  child.stderr.destroy();
  child.unref();
  if (code === 0 || code === -1) return;
  throw new LamellaError('unavailable', `aardvark-dns cannot be started: ${printed.trim().slice(0, 300)}`, {
    code: 'name-server-failed',
  });
}
