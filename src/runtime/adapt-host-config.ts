import { hostname } from 'node:os';
import { LamellaError } from '../base/errors.ts';
import { adaptLimits } from './adapt-limits.ts';
import { hasAppArmor } from './app-armor.ts';
import type { CgroupAbilities } from './cgroups/abilities.ts';
import type { HostConfig } from './host-config.ts';
import { capabilityNames } from './spec/capabilities.ts';
import { parseDeviceRule } from './spec/devices.ts';
import { sharedContainer } from './spec/namespaces.ts';
import { parseSecurityOptions } from './spec/security-options.ts';
import { processLimits } from './spec/ulimits.ts';

/**
 * The security and limits of a new container, checked, as the machine can keep them, with what Docker fills in.
 *
 * @param containerId finds out the ID of another container that a mode names
 * @throws LamellaError invalid, in Docker's words; not-found `container-not-found`
 */
export function adaptHostConfig(
  asked: HostConfig,
  abilities: CgroupAbilities,
  containerId: (name: string) => string,
): { hostConfig: HostConfig; warnings: readonly string[] } {
  const { hostConfig, warnings } = adaptLimits(asked, abilities);
  const { PidsLimit } = hostConfig;
  checkModes(hostConfig);
  refuseIf(
    Math.abs(hostConfig.OomScoreAdj) > 1000,
    `Invalid value ${hostConfig.OomScoreAdj}, range for oom score adj is [-1000, 1000]`,
  );
  refuseIf((hostConfig.ShmSize ?? 0) < 0, 'SHM size can not be less than 0');
  refuseIf(
    '' in hostConfig.Annotations,
    'invalid Annotations: the empty string is not permitted as an annotation key',
  );
  processLimits(hostConfig.Ulimits);
  for (const rule of hostConfig.DeviceCgroupRules) parseDeviceRule(rule);
  return {
    hostConfig: {
      ...hostConfig,
      CapAdd: capabilityNames(hostConfig.CapAdd, 'CapAdd'),
      CapDrop: capabilityNames(hostConfig.CapDrop, 'CapDrop'),
      SecurityOpt: withLabels(hostConfig),
      IpcMode: withId(hostConfig.IpcMode, containerId),
      PidMode: withId(hostConfig.PidMode, containerId),
      CgroupnsMode: cgroupNamespace(hostConfig.CgroupnsMode, abilities),
      PidsLimit: PidsLimit !== undefined && PidsLimit > 0 ? PidsLimit : undefined,
      ShmSize: hostConfig.ShmSize === 0 ? undefined : hostConfig.ShmSize,
    },
    warnings: [...warnings, ...securityWarnings(hostConfig, abilities)],
  };
}

/** The name that a container with the machine's UTS namespace has; it may not be given another. */
export function sharedHostname(
  { NetworkMode, UTSMode }: HostConfig,
  asked: string | undefined,
): string | undefined {
  if (UTSMode === 'host') {
    refuseIf(asked !== undefined, 'conflicting options: hostname and the UTS mode');
    return hostname();
  }
  return asked ?? (NetworkMode === 'host' ? hostname() : undefined);
}

function checkModes({ IpcMode, PidMode, UTSMode, UsernsMode, CgroupnsMode }: HostConfig): void {
  const isContainer = (mode: string): boolean => mode.startsWith('container:');
  const check = (kind: string, mode: string, modes: readonly string[]): void => {
    refuseIf(!modes.includes(mode), `invalid ${kind} mode: ${mode}`);
  };
  if (!isContainer(IpcMode)) check('IPC', IpcMode, ['', 'private', 'shareable', 'host', 'none']);
  if (!isContainer(PidMode)) check('PID', PidMode, ['', 'host']);
  check('UTS', UTSMode, ['', 'host']);
  check('user namespace', UsernsMode, ['', 'host']);
  check('cgroup namespace', CgroupnsMode, ['', 'host', 'private']);
}

function withId(mode: string, containerId: (name: string) => string): string {
  const name = sharedContainer(mode);
  return name === undefined ? mode : `container:${containerId(name)}`;
}

/** With version 2 each container sees its own control groups as the root of all, as in Docker. */
function cgroupNamespace(mode: string, { version, namespaces }: CgroupAbilities): string {
  if (!namespaces) return 'host';
  return mode === '' ? (version === 2 ? 'private' : 'host') : mode;
}

/** Docker's note to SELinux: whoever shares the machine's processes is not labelled. */
function withLabels({ SecurityOpt, Privileged, IpcMode, PidMode }: HostConfig): readonly string[] {
  const shares = Privileged || IpcMode === 'host' || PidMode === 'host';
  const { labels } = parseSecurityOptions(SecurityOpt);
  return shares && labels.length === 0 ? [...SecurityOpt, 'label=disable'] : SecurityOpt;
}

function securityWarnings({ SecurityOpt, CgroupnsMode }: HostConfig, can: CgroupAbilities): string[] {
  const { appArmor, labels } = parseSecurityOptions(SecurityOpt);
  return [
    ...(CgroupnsMode === 'private' && !can.namespaces
      ? ['Your kernel does not support cgroup namespaces.  Cgroup namespace setting discarded.']
      : []),
    ...(appArmor !== '' && appArmor !== 'unconfined' && !hasAppArmor()
      ? ['Your kernel does not support AppArmor or it is not enabled. AppArmor profile discarded.']
      : []),
    ...(labels.some((label) => label !== 'disable')
      ? ['SELinux labels are not supported. Labels discarded.']
      : []),
  ];
}

function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new LamellaError('invalid', message, { code: 'host-config-invalid' });
}
