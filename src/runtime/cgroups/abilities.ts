import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { namespaceOwner } from '../../base/user.ts';
import { readHierarchies, type CgroupHierarchies } from './hierarchies.ts';

/** Which limits this machine can keep; one that it cannot is left out of a container, with a warning. */
export interface CgroupAbilities {
  readonly version: 1 | 2;
  readonly memory: boolean;
  readonly memoryReservation: boolean;
  readonly swap: boolean;
  readonly swappiness: boolean;
  readonly oomKillDisable: boolean;
  readonly cpuShares: boolean;
  /** Period and quota, which `--cpus` is made of too. */
  readonly cpuQuota: boolean;
  readonly cpuset: boolean;
  readonly blockWeight: boolean;
  readonly blockWeightDevice: boolean;
  /** Bytes and operations a second. */
  readonly blockThrottle: boolean;
  readonly pids: boolean;
  readonly namespaces: boolean;
  /** Lists such as `0-3,5`. */
  readonly cpus: string;
  readonly memoryNodes: string;
  readonly cpuCount: number;
}

/** @param machine the root directory of what is looked at: another one in tests */
export function readAbilities(machine = '/'): CgroupAbilities {
  const shared = {
    namespaces: existsSync(join(machine, 'proc/self/ns/cgroup')),
    cpuCount: availableParallelism(),
  };
  // The control groups of an ordinary user's containers are those of whoever starts them.
  if (namespaceOwner() !== undefined) return { ...noAbilities, ...shared };
  const hierarchies = readHierarchies(machine);
  const own = hierarchies.version === 2 ? versionTwo(hierarchies, machine) : versionOne(hierarchies);
  return { ...noAbilities, ...shared, ...own };
}

const noAbilities = {
  version: 2,
  memory: false,
  memoryReservation: false,
  swap: false,
  swappiness: false,
  oomKillDisable: false,
  cpuShares: false,
  cpuQuota: false,
  cpuset: false,
  blockWeight: false,
  blockWeightDevice: false,
  blockThrottle: false,
  pids: false,
  cpus: '',
  memoryNodes: '',
} as const;

function versionOne({ controllers }: CgroupHierarchies): Partial<CgroupAbilities> {
  const has = (controller: string, file: string): boolean => {
    const folder = controllers.get(controller);
    return folder !== undefined && existsSync(join(folder, file));
  };
  const cpuset = controllers.get('cpuset');
  return {
    version: 1,
    memory: controllers.has('memory'),
    memoryReservation: has('memory', 'memory.soft_limit_in_bytes'),
    swap: has('memory', 'memory.memsw.limit_in_bytes'),
    swappiness: has('memory', 'memory.swappiness'),
    oomKillDisable: has('memory', 'memory.oom_control'),
    cpuShares: has('cpu', 'cpu.shares'),
    cpuQuota: has('cpu', 'cpu.cfs_quota_us'),
    cpuset: cpuset !== undefined,
    blockWeight: has('blkio', 'blkio.weight') || has('blkio', 'blkio.bfq.weight'),
    blockWeightDevice: has('blkio', 'blkio.weight_device') || has('blkio', 'blkio.bfq.weight_device'),
    blockThrottle: has('blkio', 'blkio.throttle.read_bps_device'),
    pids: controllers.has('pids'),
    cpus: readList(cpuset, 'cpuset.cpus'),
    memoryNodes: readList(cpuset, 'cpuset.mems'),
  };
}

function versionTwo({ controllers, roots }: CgroupHierarchies, machine: string): Partial<CgroupAbilities> {
  const cpuset = controllers.has('cpuset') ? roots[0] : undefined;
  return {
    version: 2,
    memory: controllers.has('memory'),
    memoryReservation: controllers.has('memory'),
    swap: controllers.has('memory') && existsSync(join(machine, 'proc/swaps')),
    cpuShares: controllers.has('cpu'),
    cpuQuota: controllers.has('cpu'),
    cpuset: cpuset !== undefined,
    blockWeight: controllers.has('io'),
    blockWeightDevice: controllers.has('io'),
    blockThrottle: controllers.has('io'),
    pids: controllers.has('pids'),
    cpus: readList(cpuset, 'cpuset.cpus.effective'),
    memoryNodes: readList(cpuset, 'cpuset.mems.effective'),
  };
}

function readList(folder: string | undefined, file: string): string {
  if (folder === undefined) return '';
  try {
    return readFileSync(join(folder, file), 'utf8').trim();
  } catch {
    return '';
  }
}
