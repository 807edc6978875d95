import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Control groups of versions 1, 2 and both at once are all mounted below this. */
const cgroupRoot = '/sys/fs/cgroup';

/** The control groups of a machine (cgroups(7)). */
export interface CgroupHierarchies {
  /** 2 where nothing but version 2 is mounted; 1 also where both are (hybrid): version 1 has the controllers then. */
  readonly version: 1 | 2;
  /** The root folder of each hierarchy. */
  readonly roots: readonly string[];
  /** The root folder of the hierarchy that has a controller, by the controller's name in either version. */
  readonly controllers: ReadonlyMap<string, string>;
}

/** @param machine the root directory of what is looked at: another one in tests */
export function readHierarchies(machine = '/'): CgroupHierarchies {
  const mounts = readFileSync(join(machine, 'proc/self/mountinfo'), 'utf8').split('\n').flatMap(parseLine);
  const roots = mounts.map(({ folder }) => join(machine, folder));
  const unified = mounts.find(({ type, folder }) => type === 'cgroup2' && folder === cgroupRoot);
  if (unified !== undefined) {
    const folder = join(machine, unified.folder);
    return { version: 2, roots, controllers: new Map(readControllers(folder).map((name) => [name, folder])) };
  }
  const controllers = new Map<string, string>();
  for (const { type, folder, options } of mounts) {
    if (type !== 'cgroup') continue;
    for (const name of options) controllers.set(name, join(machine, folder));
  }
  return { version: 1, roots, controllers };
}

interface CgroupMount {
  readonly type: string;
  readonly folder: string;
  /** Of the file system: names of controllers among them. */
  readonly options: readonly string[];
}

/** A line of mountinfo (proc_pid_mountinfo(5)) that mounts control groups where they belong. */
function parseLine(line: string): CgroupMount[] {
  const [before = '', after = ''] = line.split(' - ', 2);
  const folder = before.split(' ')[4] ?? '';
  const [type = '', , options = ''] = after.split(' ');
  if (type !== 'cgroup' && type !== 'cgroup2') return [];
  if (folder !== cgroupRoot && !folder.startsWith(`${cgroupRoot}/`)) return [];
  return [{ type, folder, options: options.split(',') }];
}

function readControllers(folder: string): string[] {
  return readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ');
}
