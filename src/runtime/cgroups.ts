import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
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
function cgroupFolders(path: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => /^cgroup2?$/.test(fields[fields.indexOf('-') + 1] ?? ''))
    .map((fields) => fields[4] ?? '')
    .filter((root) => root === hierarchies || root.startsWith(`${hierarchies}/`))
    .map((root) => join(root, path))
    .filter((folder) => existsSync(folder));
}

/** Kills every process in the control groups, which nothing can leave, and removes them. */
export async function removeCgroups(path: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const folders = cgroupFolders(path);
    if (folders.length === 0) return;
    try {
      for (const folder of folders) removeFolder(folder);
      return;
    } catch (error) {
      if (systemErrorCode(error) !== 'EBUSY' || attempt > 200) throw error;
      for (const folder of folders) killProcesses(folder);
      await delay(Math.min(attempt, 20));
    }
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    const inner = childFolders(folder);
    if (inner.length === 0) throw error;
    for (const child of inner) removeFolder(child);
    rmdirSync(folder);
  }
}

function killProcesses(folder: string): void {
  for (const child of childFolders(folder)) killProcesses(child);
  for (const pid of processesIn(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (systemErrorCode(error) !== 'ESRCH') throw error;
    }
  }
}

function processesIn(folder: string): number[] {
  try {
    const text = readFileSync(join(folder, 'cgroup.procs'), 'utf8');
    return text
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 1);
  } catch {
    return [];
  }
}

function childFolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  } catch {
    return [];
  }
}
