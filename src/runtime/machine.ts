import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { release } from 'node:os';
import { LamellaError } from '../base/errors.ts';
import { namespaceOwner } from '../base/user.ts';
import { lastMappedId } from '../linux/user-namespace.ts';
import { appArmorProfile } from './app-armor.ts';
import { readContainerFile } from './confined-files.ts';
import type { ContainerPaths } from './container-paths.ts';
import { findProgram } from '../base/find-program.ts';
import { askedDevices, deviceNumbers, listDevices } from './host-devices.ts';
import type { SharedNamespaces } from './spec/namespaces.ts';
import type { RuntimeMount } from './spec/oci-spec.ts';
import { knownUser, rootlessSpec, type RootlessMachine } from './spec/rootless-spec.ts';
import { runtimeSpec } from './spec/runtime-spec.ts';
import { resolveUser, type ResolvedUser } from './spec/user.ts';
import type { Container } from './types.ts';

/**
 * Writes `config.json` for a container whose root is mounted, with what the machine and the root say.
 *
 * @param mounts what it has mounted besides what every container has
 * @param namespaces of others, that the container is to be in
 * @param sharedMemory a tmpfs of the machine that is to be /dev/shm
 */
export async function writeRuntimeSpec(
  container: Container,
  paths: ContainerPaths,
  mounts: readonly RuntimeMount[],
  namespaces: SharedNamespaces = {},
  sharedMemory?: string,
): Promise<void> {
  const { id, spec } = container;
  const { hostConfig } = spec;
  const config = runtimeSpec({
    id,
    spec,
    rootPath: paths.merged,
    user: containerUser(paths.merged, spec.config.User, hostConfig.GroupAdd),
    mounts,
    files: paths.files,
    initProgram: hostConfig.Init === true ? findInitProgram() : undefined,
    capabilities: availableCapabilities(),
    hostDevices: () => listDevices('/dev'),
    devices: askedDevices(hostConfig.Devices),
    blockDevice: deviceNumbers,
    namespaces,
    sharedMemory,
    appArmor: appArmorProfile(hostConfig),
    kernel: release(),
  });
  const fitting = namespaceOwner() === undefined ? config : rootlessSpec(config, machineForRootless());
  await writeFile(join(paths.bundle, 'config.json'), JSON.stringify(fitting), { mode: 0o600 });
}

/** Who `user[:group]` is in the container whose root is at `root`. */
export function containerUser(root: string, user: string, moreGroups: readonly string[] = []): ResolvedUser {
  const resolved = resolveUser(
    user,
    { passwd: readContainerFile(root, '/etc/passwd'), group: readContainerFile(root, '/etc/group') },
    moreGroups,
  );
  return namespaceOwner() === undefined
    ? resolved
    : knownUser(resolved, { lastUser: lastMappedId('uid'), lastGroup: lastMappedId('gid') });
}

/** The bounding set of this process (capabilities(7)): what it lacks it cannot give. */
export function availableCapabilities(): bigint {
  const status = readFileSync('/proc/self/status', 'utf8');
  return BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
}

/**
 * A program that reaps processes and passes signals on.
 *
 * @throws LamellaError unavailable `init-missing`
 */
function findInitProgram(): string {
  const path = findProgram(['docker-init', 'tini-static', 'tini', 'catatonit'], {
    folders: ['/usr/libexec/podman', '/usr/lib/podman', '/usr/libexec/docker'],
  });
  if (path !== undefined) return path;
  throw new LamellaError('unavailable', 'the --init option needs an init program, and none is installed', {
    code: 'init-missing',
    hint: 'Install one: apt install tini',
  });
}

function machineForRootless(): RootlessMachine {
  return {
    oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'utf8')),
    lastGroup: lastMappedId('gid'),
    exists: existsSync,
    mayUse(path) {
      try {
        accessSync(path, constants.R_OK | constants.W_OK);
        return true;
      } catch {
        return false;
      }
    },
  };
}
