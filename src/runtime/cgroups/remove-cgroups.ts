import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../../base/errors.ts';
import { readHierarchies } from './hierarchies.ts';

/**
 * Kills every process in a container's control groups, which nothing can leave, and removes them.
 *
 * @param path below the root of each hierarchy
 */
export async function removeCgroups(path: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const folders = foldersOf(path);
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

function foldersOf(path: string): string[] {
  return readHierarchies()
    .roots.map((root) => join(root, path))
    .filter((folder) => existsSync(folder));
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
