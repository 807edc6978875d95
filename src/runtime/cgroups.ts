import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../base/errors.ts';

/** Control groups of versions 1, 2 and both at once are all mounted below this. */
const hierarchies = '/sys/fs/cgroup';

/**
 * The folders of a container's control groups that exist: one for each hierarchy of version 1, one for version 2.
 *
 * @param path the `cgroupsPath` of the runtime spec
 */
export async function cgroupFolders(path: string): Promise<string[]> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const roots = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => /^cgroup2?$/.test(fields[fields.indexOf('-') + 1] ?? ''))
    .map((fields) => fields[4] ?? '')
    .filter((root) => root === hierarchies || root.startsWith(`${hierarchies}/`));
  const folders = await Promise.all(
    roots.map(async (root) => ((await isThere(join(root, path))) ? [join(root, path)] : [])),
  );
  return folders.flat();
}

/** Kills every process in the control groups, which nothing can leave, and removes them. */
export async function removeCgroups(path: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const folders = await cgroupFolders(path);
    if (folders.length === 0) return;
    try {
      await Promise.all(folders.map(removeFolder));
      return;
    } catch (error) {
      if (systemErrorCode(error) !== 'EBUSY' || attempt > 200) throw error;
      for (const folder of folders) await killProcesses(folder);
      await delay(Math.min(attempt, 20));
    }
  }
}

async function removeFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    const inner = await childFolders(folder);
    if (inner.length === 0) throw error;
    for (const child of inner) await removeFolder(child);
    await rmdir(folder);
  }
}

async function killProcesses(folder: string): Promise<void> {
  for (const child of await childFolders(folder)) await killProcesses(child);
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  for (const pid of text.split('\n').map(Number)) {
    if (pid <= 1) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (systemErrorCode(error) !== 'ESRCH') throw error;
    }
  }
}

async function childFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

async function isThere(folder: string): Promise<boolean> {
  return await readdir(folder).then(
    () => true,
    () => false,
  );
}
