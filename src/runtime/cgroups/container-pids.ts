import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../base/errors.ts';
import { readHierarchies } from './hierarchies.ts';

/**
 * All processes of a container, the first one first: those in its control groups, or where it has none, in its pid
 * namespace.
 *
 * @param cgroups below the root of each hierarchy
 */
export function containerPids(pid: number, cgroups: string | undefined): number[] {
  const found = cgroups === undefined ? pidsInNamespace(pid) : pidsInCgroups(cgroups);
  return [...new Set([pid, ...found.sort((a, b) => a - b)])];
}

function pidsInCgroups(path: string): number[] {
  const { controllers } = readHierarchies();
  const root = ['pids', 'devices', 'memory', 'freezer', 'cpu'].find((name) => controllers.has(name));
  return root === undefined ? [] : pidsBelow(join(controllers.get(root) ?? '', path));
}

function pidsBelow(folder: string): number[] {
  try {
    const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...children.flatMap(({ name }) => pidsBelow(join(folder, name)))];
  } catch (error) {
    // The container, or a control group that it made, has just gone; a threaded one cannot be read.
    if (['ENOENT', 'ENODEV', 'EOPNOTSUPP'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

function pidsInNamespace(pid: number): number[] {
  const namespace = namespaceOf(pid);
  if (namespace === undefined) return [];
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((other) => namespaceOf(other) === namespace);
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
