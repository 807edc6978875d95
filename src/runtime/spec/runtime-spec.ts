import { LamellaError } from '../../base/errors.ts';
import type { ContainerSpec } from '../types.ts';
import { containerCapabilities } from './capabilities.ts';
import { commandLine } from './command.ts';
import { deviceRules, privilegedDevices, type HostDevice } from './devices.ts';
import { overlayEnvironment, processEnvironment } from './environment.ts';
import { arrangeMounts, bindMount, defaultShmSize, parseBind, systemMounts, tmpfsMount } from './mounts.ts';
import type { RuntimeMount, RuntimeProcess, RuntimeResources, RuntimeSpec } from './oci-spec.ts';
import { maskedPaths, readonlyPaths } from './protected-paths.ts';
import { seccompProfile } from './seccomp.ts';
import type { ResolvedUser } from './user.ts';

/** Where `--init` puts the small init program inside the container. */
const initTarget = '/sbin/docker-init';

export interface RuntimeSpecInput {
  readonly id: string;
  readonly spec: ContainerSpec;
  /** The mounted root file system. */
  readonly rootPath: string;
  readonly user: ResolvedUser;
  /** Files of the container's own that appear under /etc. */
  readonly files: { readonly resolvConf: string; readonly hosts: string; readonly hostname: string };
  /** The machine's init program; needed only where the container asks for one. */
  readonly initProgram: string | undefined;
  /** The capabilities that can be given, as a bit set. */
  readonly capabilities: bigint;
  /** The machine's devices; read only for privileged containers. */
  readonly hostDevices: () => readonly HostDevice[];
}

/** The OCI runtime configuration of a container, close to what Docker 28 writes. */
export function runtimeSpec(input: RuntimeSpecInput): RuntimeSpec {
  const { id, spec } = input;
  const { hostConfig } = spec;
  const { Privileged: privileged } = hostConfig;
  const capabilities = containerCapabilities({
    add: hostConfig.CapAdd,
    drop: hostConfig.CapDrop,
    privileged,
    available: input.capabilities,
  });
  const ownNetwork = hostConfig.NetworkMode !== 'host';
  return {
    ociVersion: '1.0.2',
    process: containerProcess(input, capabilities),
    root: { path: input.rootPath, ...(hostConfig.ReadonlyRootfs ? { readonly: true } : {}) },
    hostname: spec.config.Hostname,
    mounts: arrangeMounts(ownMounts(input), askedMounts(input)),
    linux: {
      ...(ownNetwork ? { sysctl: networkSysctls } : {}),
      resources: resources(spec),
      cgroupsPath: `/lamella/${id}`,
      namespaces: ['mount', ...(ownNetwork ? ['network'] : []), 'uts', 'pid', 'ipc'].map((type) => ({
        type,
      })),
      ...(privileged
        ? { devices: privilegedDevices(input.hostDevices()) }
        : { seccomp: seccompProfile(capabilities), maskedPaths, readonlyPaths }),
    },
  };
}

/** Any process may listen on any port and send pings: the network is the container's own. */
const networkSysctls = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

function containerProcess(
  { spec, user, initProgram }: RuntimeSpecInput,
  capabilities: readonly string[],
): RuntimeProcess {
  const { config, hostConfig, consoleSize } = spec;
  const init = hostConfig.Init === true && initProgram !== undefined ? [initTarget, '--'] : [];
  return {
    terminal: config.Tty,
    ...consoleSizeOf(config.Tty, consoleSize),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [...init, ...commandLine(config)],
    env: containerEnvironment(spec, user),
    cwd: workingDirectory(config.WorkingDir),
    capabilities: processCapabilities(capabilities, user.uid),
    oomScoreAdj: 0,
  };
}

/** The process of `exec`: in the container's surroundings, with what the request changes. */
export function execProcess(
  spec: ContainerSpec,
  request: {
    command: readonly string[];
    env: readonly string[];
    workingDir: string;
    tty: boolean;
    privileged: boolean;
    consoleSize: readonly [rows: number, columns: number];
    user: ResolvedUser;
    capabilities: bigint;
  },
): RuntimeProcess {
  const { hostConfig } = spec;
  const capabilities = containerCapabilities({
    add: hostConfig.CapAdd,
    drop: hostConfig.CapDrop,
    privileged: request.privileged || hostConfig.Privileged,
    available: request.capabilities,
  });
  const { user } = request;
  return {
    terminal: request.tty,
    ...consoleSizeOf(request.tty, request.consoleSize),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: request.command,
    env: overlayEnvironment(
      containerEnvironment({ ...spec, config: { ...spec.config, Tty: request.tty } }, user),
      request.env,
    ),
    cwd: workingDirectory(request.workingDir === '' ? spec.config.WorkingDir : request.workingDir),
    capabilities: processCapabilities(capabilities, user.uid),
  };
}

function consoleSizeOf(
  tty: boolean,
  [height, width]: readonly [number, number],
): Pick<RuntimeProcess, 'consoleSize'> {
  return tty && height > 0 && width > 0 ? { consoleSize: { height, width } } : {};
}

/** HOME comes from the container's /etc/passwd; runtimes read that file themselves, without our care for what it is. */
function containerEnvironment({ config }: ContainerSpec, user: ResolvedUser): string[] {
  const env = processEnvironment(config.Env ?? [], { hostname: config.Hostname, terminal: config.Tty });
  return env.some((variable) => variable.startsWith('HOME=')) ? env : [...env, `HOME=${user.home || '/'}`];
}

/** Only root gets capabilities at once; another user has the bounding set, which setuid programs may draw on. */
function processCapabilities(
  capabilities: readonly string[],
  uid: number,
): NonNullable<RuntimeProcess['capabilities']> {
  const held = uid === 0 ? capabilities : [];
  return { bounding: capabilities, effective: held, permitted: held };
}

/**
 * Refuses what would lead a process out of the container through a descriptor that a runtime left open
 * (CVE-2024-21626); the runtime makes the directory where it is missing.
 *
 * @throws LamellaError invalid `workdir-invalid`
 */
export function workingDirectory(asked: string): string {
  const path = asked === '' ? '/' : asked;
  if (!path.startsWith('/')) {
    throw new LamellaError(
      'invalid',
      `the working directory '${path}' is invalid, it needs to be an absolute path`,
      { code: 'workdir-invalid' },
    );
  }
  if (/^\/+proc\/+(\.\/+)*[^/]+\/+(task\/+[^/]+\/+)?(fd|cwd|root|map_files)(\/|$)/.test(path)) {
    throw new LamellaError('invalid', `the working directory '${path}' is invalid`, {
      code: 'workdir-invalid',
    });
  }
  return path;
}

function ownMounts({ spec, files }: RuntimeSpecInput): RuntimeMount[] {
  const { Privileged: privileged, ShmSize, ReadonlyRootfs } = spec.hostConfig;
  const file = (destination: string, source: string): RuntimeMount => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', ...(ReadonlyRootfs ? ['ro'] : [])],
  });
  return [
    ...systemMounts({ privileged, shmSize: ShmSize ?? defaultShmSize }),
    file('/etc/resolv.conf', files.resolvConf),
    file('/etc/hostname', files.hostname),
    file('/etc/hosts', files.hosts),
  ];
}

function askedMounts({ spec, initProgram }: RuntimeSpecInput): RuntimeMount[] {
  const { Binds, Tmpfs, Init } = spec.hostConfig;
  const init: RuntimeMount[] =
    Init === true && initProgram !== undefined
      ? [{ destination: initTarget, type: 'bind', source: initProgram, options: ['bind', 'ro'] }]
      : [];
  return [
    ...init,
    ...Object.entries(Tmpfs).map(([target, options]) => tmpfsMount(target, options)),
    ...Binds.map((text) => bindMount(parseBind(text))),
  ];
}

function resources({ hostConfig }: ContainerSpec): RuntimeResources {
  const { Memory, NanoCpus, PidsLimit, Privileged } = hostConfig;
  const period = 100_000;
  return {
    devices: deviceRules({ privileged: Privileged }),
    ...(Memory > 0 ? { memory: { limit: Memory, swap: Memory * 2 } } : {}),
    ...(NanoCpus > 0 ? { cpu: { quota: Math.round((NanoCpus * period) / 1e9), period } } : {}),
    ...(PidsLimit !== undefined && PidsLimit > 0 ? { pids: { limit: PidsLimit } } : {}),
  };
}
