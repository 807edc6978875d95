import { posix } from 'node:path';
import type { HostConfig } from '../host-config.ts';
import type { ContainerSpec } from '../types.ts';
import { containerCapabilities } from './capabilities.ts';
import { privilegedDevices, type AskedDevice, type HostDevice } from './devices.ts';
import { arrangeMounts, defaultShmSize, rootPropagation, systemMounts, tmpfsMount } from './mounts.ts';
import { containerNamespaces, type SharedNamespaces } from './namespaces.ts';
import type { RuntimeDevice, RuntimeMount, RuntimeSpec, SeccompProfile } from './oci-spec.ts';
import { firstProcess, initTarget } from './process.ts';
import { maskedPaths, readonlyPaths } from './protected-paths.ts';
import { containerResources, type BlockDevice } from './resources.ts';
import { parseSeccompFile } from './seccomp-file.ts';
import { seccompProfile } from './seccomp.ts';
import { parseSecurityOptions } from './security-options.ts';
import type { ResolvedUser } from './user.ts';

export interface RuntimeSpecInput {
  readonly id: string;
  readonly spec: ContainerSpec;
  /** The mounted root file system. */
  readonly rootPath: string;
  readonly user: ResolvedUser;
  /** What the container has mounted besides what every one has. */
  readonly mounts: readonly RuntimeMount[];
  /** Files of the container's own that appear under /etc. */
  readonly files: { readonly resolvConf: string; readonly hosts: string; readonly hostname: string };
  /** The machine's init program; needed only where the container asks for one. */
  readonly initProgram: string | undefined;
  /** The capabilities that can be given, as a bit set. */
  readonly capabilities: bigint;
  /** The machine's devices; read only for privileged containers. */
  readonly hostDevices: () => readonly HostDevice[];
  /** What `--device` asks for. */
  readonly devices: readonly AskedDevice[];
  readonly blockDevice: BlockDevice;
  /** Other containers' namespaces to be in. */
  readonly namespaces: SharedNamespaces;
  /** A tmpfs of the machine that is to be /dev/shm, where others may join the container's or it joins theirs. */
  readonly sharedMemory: string | undefined;
  /** The AppArmor profile, '' for none. */
  readonly appArmor: string;
  /** The kernel's release: `6.18.44`. */
  readonly kernel: string;
}

/** The OCI runtime configuration of a container, close to what Docker 28 writes. */
export function runtimeSpec(input: RuntimeSpecInput): RuntimeSpec {
  const { id, spec, user, appArmor } = input;
  const { config, hostConfig } = spec;
  const { Privileged: privileged, Annotations, UTSMode } = hostConfig;
  const capabilities = containerCapabilities({
    add: hostConfig.CapAdd,
    drop: hostConfig.CapDrop,
    privileged,
    available: input.capabilities,
  });
  const withInit = hostConfig.Init === true && input.initProgram !== undefined;
  const seccomp = seccompOf(input, capabilities);
  const sysctl = sysctls(spec);
  const propagation = rootPropagation(input.mounts);
  const devices = devicesOf(input);
  return {
    ociVersion: '1.0.2',
    process: firstProcess(spec, { user, capabilities, withInit, appArmor }),
    root: { path: input.rootPath, ...(hostConfig.ReadonlyRootfs ? { readonly: true } : {}) },
    ...(UTSMode === 'host' ? {} : { hostname: config.Hostname }),
    mounts: arrangeMounts(ownMounts(input), askedMounts(input)),
    ...(Object.keys(Annotations).length > 0 ? { annotations: Annotations } : {}),
    linux: {
      ...(Object.keys(sysctl).length > 0 ? { sysctl } : {}),
      resources: containerResources(hostConfig, input.devices, input.blockDevice),
      cgroupsPath: cgroupsPath(hostConfig, id),
      namespaces: containerNamespaces(hostConfig, input.namespaces),
      ...(devices.length > 0 ? { devices } : {}),
      ...(seccomp === undefined ? {} : { seccomp }),
      ...protectedPaths(hostConfig),
      ...(propagation === undefined ? {} : { rootfsPropagation: propagation }),
    },
  };
}

/** A privileged container has the machine's in their places, and what it asks for in others besides. */
function devicesOf({ spec, devices, hostDevices }: RuntimeSpecInput): RuntimeDevice[] {
  const asked = devices.map(({ device }) => device);
  if (!spec.hostConfig.Privileged) return asked;
  const all = privilegedDevices(hostDevices());
  const taken = new Set(all.map(({ path }) => path));
  return [...all, ...asked.filter(({ path }) => !taken.has(path))];
}

/** A container's control groups, below the root of each hierarchy. A parent is taken from there too: `..` stops at it. */
function cgroupsPath({ CgroupParent }: HostConfig, id: string): string {
  return posix.join('/', CgroupParent === '' ? 'lamella' : posix.join('/', CgroupParent), id);
}

/** What is set in the container's own namespaces; what the person asks for comes last. */
function sysctls({ config, hostConfig }: ContainerSpec): Readonly<Record<string, string>> {
  const { NetworkMode, UTSMode, Sysctls } = hostConfig;
  return {
    ...(NetworkMode === 'host' ? {} : networkSysctls),
    ...(config.Domainname === '' || UTSMode === 'host' ? {} : { 'kernel.domainname': config.Domainname }),
    ...Sysctls,
  };
}

/** Any process may listen on any port and send pings: the network is the container's own. */
const networkSysctls = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

/** A privileged container has a filter only where it asks for one. */
function seccompOf(
  { spec: { hostConfig }, kernel }: RuntimeSpecInput,
  capabilities: readonly string[],
): SeccompProfile | undefined {
  const { seccomp } = parseSecurityOptions(hostConfig.SecurityOpt);
  if (seccomp === 'unconfined' || (seccomp === '' && hostConfig.Privileged)) return undefined;
  if (seccomp === '') return seccompProfile(capabilities);
  return parseSeccompFile(seccomp, { capabilities, architecture: process.arch, kernel });
}

function protectedPaths(hostConfig: HostConfig): Pick<RuntimeSpec['linux'], 'maskedPaths' | 'readonlyPaths'> {
  if (hostConfig.Privileged) return {};
  return {
    maskedPaths: hostConfig.MaskedPaths ?? maskedPaths,
    readonlyPaths: hostConfig.ReadonlyPaths ?? readonlyPaths,
  };
}

function ownMounts(input: RuntimeSpecInput): RuntimeMount[] {
  const { spec, files } = input;
  const { Privileged: privileged, ShmSize, ReadonlyRootfs } = spec.hostConfig;
  const file = (destination: string, source: string): RuntimeMount => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', ...(ReadonlyRootfs ? ['ro'] : [])],
  });
  const system = systemMounts({ privileged, shmSize: ShmSize ?? defaultShmSize });
  return [
    ...system.flatMap((mount) => adaptedMount(mount, input)),
    file('/etc/resolv.conf', files.resolvConf),
    file('/etc/hostname', files.hostname),
    file('/etc/hosts', files.hosts),
  ];
}

/** /dev/shm and the control groups as the container asks for them. */
function adaptedMount(mount: RuntimeMount, { spec, sharedMemory }: RuntimeSpecInput): RuntimeMount[] {
  const { IpcMode, SecurityOpt } = spec.hostConfig;
  if (mount.destination === '/dev/shm') {
    if (IpcMode === 'none') return [];
    if (sharedMemory === undefined) return [mount];
    return [{ ...mount, type: 'bind', source: sharedMemory, options: ['rbind', 'rprivate'] }];
  }
  if (mount.type === 'cgroup' && parseSecurityOptions(SecurityOpt).writableCgroups) {
    return [{ ...mount, options: mount.options.filter((option) => option !== 'ro') }];
  }
  return [mount];
}

function askedMounts({ spec, initProgram, mounts }: RuntimeSpecInput): RuntimeMount[] {
  const { Tmpfs, Init } = spec.hostConfig;
  const init: RuntimeMount[] =
    Init === true && initProgram !== undefined
      ? [{ destination: initTarget, type: 'bind', source: initProgram, options: ['bind', 'ro'] }]
      : [];
  return [
    ...init,
    ...Object.entries(Tmpfs).map(([target, options]) => tmpfsMount(target, options)),
    ...mounts,
  ];
}
