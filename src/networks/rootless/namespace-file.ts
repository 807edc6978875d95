import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLamellaError, systemErrorCode } from '../../base/errors.ts';
import { MNT_DETACH, umount } from '../../linux/mount.ts';
import { runProgram } from '../run-program.ts';

/** Files of one container's network, in the folder for what a reboot ends. */
export interface NamespaceFiles {
  /** The network namespace itself, mounted. */
  readonly namespace: string;
  /** Beginning of the other files' paths. */
  readonly files: string;
}

export function namespaceFiles(run: string, id: string): NamespaceFiles {
  // Short: the path of a socket among them has at most 107 bytes.
  const files = join(run, 'netns', id.slice(0, 24));
  return { namespace: `${files}.netns`, files };
}

/**
 * Makes a network namespace that lasts as long as it is mounted on a file. Another program does it: whoever goes into a
 * namespace of their own cannot come back to the machine's, where they have no rights.
 */
export async function makeNamespace({ namespace, files }: NamespaceFiles): Promise<void> {
  mkdirSync(join(files, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(namespace, '', { mode: 0o600 });
  await runProgram('unshare', [`--net=${namespace}`, 'true']);
}

/** Ends the program that connects it, and the namespace. Nothing happens where there is none. */
export function removeNamespace({ namespace, files }: NamespaceFiles): void {
  endConnector(files);
  try {
    umount(namespace, { flags: MNT_DETACH });
  } catch (error) {
    if (!isLamellaError(error) || !['EINVAL', 'ENOENT'].includes(error.code)) throw error;
  }
  for (const path of [namespace, ...['.pid', '.log', '.sock', '.connector'].map((end) => files + end)]) {
    rmSync(path, { force: true });
  }
}

/** Notes which process connects the namespace: its pid and when it began (see db/process-owner.ts). */
export function noteConnector({ files }: NamespaceFiles, pid: number): void {
  writeFileSync(`${files}.connector`, `${pid} ${startOf(pid)}`, { mode: 0o600 });
}

function endConnector(files: string): void {
  const [pid = '', start] = (readText(`${files}.connector`) ?? '').split(' ');
  if (!/^[1-9][0-9]*$/.test(pid) || start === undefined || start === '' || startOf(Number(pid)) !== start)
    return;
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
