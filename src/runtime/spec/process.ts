import { LamellaError } from '../../base/errors.ts';
import type { ContainerSpec } from '../types.ts';
import { containerCapabilities } from './capabilities.ts';
import { commandLine } from './command.ts';
import { overlayEnvironment, processEnvironment } from './environment.ts';
import type { RuntimeProcess } from './oci-spec.ts';
import { parseSecurityOptions } from './security-options.ts';
import { processLimits } from './ulimits.ts';
import type { ResolvedUser } from './user.ts';

/** Where `--init` puts the small init program inside the container. */
export const initTarget = '/sbin/docker-init';

/** The container's first process. @param withInit whether the program at {@link initTarget} starts it */
export function firstProcess(
  spec: ContainerSpec,
  {
    user,
    capabilities,
    withInit,
    appArmor,
  }: { user: ResolvedUser; capabilities: readonly string[]; withInit: boolean; appArmor: string },
): RuntimeProcess {
  const { config, hostConfig, consoleSize } = spec;
  return {
    terminal: config.Tty,
    ...consoleSizeOf(config.Tty, consoleSize),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [...(withInit ? [initTarget, '--'] : []), ...commandLine(config)],
    env: containerEnvironment(spec, user),
    cwd: workingDirectory(config.WorkingDir),
    capabilities: processCapabilities(capabilities, user.uid),
    ...confinement(spec, appArmor),
    oomScoreAdj: hostConfig.OomScoreAdj,
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
    /** The capabilities that can be given, as a bit set. */
    capabilities: bigint;
    appArmor: string;
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
    ...confinement(spec, request.appArmor),
    oomScoreAdj: hostConfig.OomScoreAdj,
  };
}

/** What holds for every process of the container. */
function confinement(
  { hostConfig }: ContainerSpec,
  appArmor: string,
): Pick<RuntimeProcess, 'noNewPrivileges' | 'rlimits' | 'apparmorProfile'> {
  const { noNewPrivileges } = parseSecurityOptions(hostConfig.SecurityOpt);
  const rlimits = processLimits(hostConfig.Ulimits);
  return {
    ...(noNewPrivileges ? { noNewPrivileges } : {}),
    ...(rlimits.length > 0 ? { rlimits } : {}),
    ...(appArmor === '' ? {} : { apparmorProfile: appArmor }),
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
