import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import {
  flag,
  list,
  text,
  type FlagOption,
  type ListOption,
  type OptionTable,
  type OptionValues,
  type TextOption,
} from '../../../arguments/options.ts';
import { LamellaError } from '../../../../base/errors.ts';
import { CliError } from '../../../errors/cli-error.ts';
import { splitAtEquals } from '../key-value-files.ts';
import { parseDevice } from './device.ts';
import { readSecurityOptions } from './security-opt.ts';

/** What it may do, and what of the machine it shares. */
export interface SecurityOptions extends OptionTable {
  readonly annotation: ListOption;
  readonly 'cap-add': ListOption;
  readonly 'cap-drop': ListOption;
  readonly 'cgroup-parent': TextOption;
  readonly cgroupns: TextOption;
  readonly device: ListOption;
  readonly 'device-cgroup-rule': ListOption;
  readonly 'group-add': ListOption;
  readonly ipc: TextOption;
  readonly isolation: TextOption;
  readonly pid: TextOption;
  readonly privileged: FlagOption;
  readonly runtime: TextOption;
  readonly 'security-opt': ListOption;
  readonly sysctl: ListOption;
  readonly userns: TextOption;
  readonly uts: TextOption;
}

export const securityOptions: SecurityOptions = {
  annotation: list(
    {
      en: 'Add an annotation to the container (passed through to the OCI runtime)',
      zh: '给容器添加注解（传给 OCI 运行时）',
    },
    { valueName: 'map' },
  ),
  'cap-add': list({ en: 'Add Linux capabilities', zh: '添加 Linux 能力' }),
  'cap-drop': list({ en: 'Drop Linux capabilities', zh: '去除 Linux 能力' }),
  'cgroup-parent': text({ en: 'Optional parent cgroup for the container', zh: '容器的上级控制组' }),
  cgroupns: text(
    {
      en: `Cgroup namespace to use (host|private)
'host':    Run the container in the host's cgroup namespace
'private': Run the container in its own private cgroup namespace
'':        'private' with cgroup version 2, 'host' with version 1 (default)`,
      zh: `使用的控制组命名空间（host|private）
'host':    使用主机的控制组命名空间
'private': 使用容器自己的控制组命名空间
'':        控制组为第 2 版时为 'private'，第 1 版时为 'host'（默认）`,
    },
    { choices: ['host', 'private'] },
  ),
  device: list({ en: 'Add a host device to the container', zh: '把主机设备加入容器' }),
  'device-cgroup-rule': list(
    { en: 'Add a rule to the cgroup allowed devices list', zh: '在控制组允许的设备中添加一条规则' },
    {
      check: (rule) =>
        /^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(rule)
          ? undefined
          : `invalid device cgroup format '${rule}'`,
    },
  ),
  'group-add': list({ en: 'Add additional groups to join', zh: '额外加入的用户组' }),
  ipc: text(
    { en: 'IPC mode to use', zh: '使用的 IPC 模式' },
    { choices: ['host', 'none', 'private', 'shareable'] },
  ),
  isolation: text({ en: 'Container isolation technology', zh: '容器的隔离技术' }, { hidden: true }),
  pid: text({ en: 'PID namespace to use', zh: '使用的 PID 命名空间' }, { choices: ['host'] }),
  privileged: flag({ en: 'Give extended privileges to this container', zh: '给予容器扩展权限' }),
  runtime: text(
    { en: 'Runtime to use for this container', zh: '该容器使用的运行时' },
    { choices: ['runc', 'crun'] },
  ),
  'security-opt': list({ en: 'Security Options', zh: '安全选项' }),
  sysctl: list({ en: 'Sysctl options', zh: '内核参数（sysctl）' }, { valueName: 'map', check: whyNoSysctl }),
  userns: text({ en: 'User namespace to use', zh: '使用的用户命名空间' }, { choices: ['host'] }),
  uts: text({ en: 'UTS namespace to use', zh: '使用的 UTS 命名空间' }, { choices: ['host'] }),
};

/**
 * @throws CliError for what Docker's client refuses, LamellaError for `--isolation`
 */
export async function securityRequest(options: OptionValues<SecurityOptions>): Promise<Partial<HostConfig>> {
  const { ipc, pid, uts, userns, cgroupns, isolation = '' } = options;
  checkMode('pid', 'PID', pid, ['host']);
  checkMode('uts', 'UTS', uts, ['host']);
  checkMode('userns', 'USER', userns, ['host']);
  checkMode('cgroupns', 'CGROUP', cgroupns, ['host', 'private']);
  if (isolation !== '' && isolation !== 'default') {
    throw new LamellaError('invalid', `invalid isolation (${isolation}): linux only supports 'default'`, {
      code: 'host-config-invalid',
    });
  }
  return {
    Annotations: Object.fromEntries(options.annotation.map(splitAtEquals)),
    CapAdd: options['cap-add'],
    CapDrop: options['cap-drop'],
    CgroupParent: options['cgroup-parent'] ?? '',
    CgroupnsMode: cgroupns ?? '',
    Devices: options.device.map(parseDevice),
    DeviceCgroupRules: options['device-cgroup-rule'],
    GroupAdd: options['group-add'],
    IpcMode: ipc === undefined || ipc === '' ? 'private' : ipc,
    PidMode: pid ?? '',
    Privileged: options.privileged,
    Runtime: options.runtime ?? '',
    ...(await readSecurityOptions(options['security-opt'])),
    Sysctls: Object.fromEntries(options.sysctl.map(splitAtEquals)),
    UTSMode: uts ?? '',
    UsernsMode: userns ?? '',
  };
}

function checkMode(flagName: string, kind: string, mode: string | undefined, modes: string[]): void {
  if (mode === undefined || mode === '' || modes.includes(mode)) return;
  if (flagName === 'pid' && /^container:./.test(mode)) return;
  throw new CliError(`--${flagName}: invalid ${kind} mode`, { exitCode: 125, isIntroduced: true });
}

/** What may be set in a container's own namespaces: by name, or by the beginning of one. */
const sysctls = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map(
    (name) => `kernel.${name}`,
  ),
);

function whyNoSysctl(text: string): string | undefined {
  const [name = ''] = text.split('=', 1);
  const isAllowed = sysctls.has(name) || name.startsWith('net.') || name.startsWith('fs.mqueue.');
  return isAllowed && text.includes('=') ? undefined : `sysctl '${text}' is not allowed`;
}
