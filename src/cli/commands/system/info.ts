import type { SystemInfo } from '../../../engine/ports/system-engine.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import type { Language, Text } from '../../languages/text.ts';
import { binarySize } from '../../table/units.ts';
import { formatValueOrJson } from '../format-value-or-json.ts';
import { inspectFormat } from '../shared-options.ts';

const missing: Text = { en: 'not found', zh: '未找到' };
/** What a part is for, where its name does not tell. */
const purposes: Readonly<Record<string, Text>> = {
  libisal: { en: 'faster gzip', zh: '加速 gzip' },
};

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Display system-wide information', zh: '显示系统信息' },
  examples: [
    {
      command: "lamella info -f '{{.Driver}}'",
      note: { en: 'How layers are mounted here', zh: '查看本机如何挂载镜像层' },
    },
  ],
  arity: none,
  completion: 'none',
  options: { format: inspectFormat() },
  async run({ options, context }) {
    const info = await (await context.system()).info();
    if (options.format !== undefined && options.format !== '') {
      await context.print(formatValueOrJson(infoJson(info), options.format));
      return;
    }
    await context.print(formatInfo(info, context.language));
    for (const warning of info.warnings) await context.warn(`WARNING: ${warning}`);
  },
});

function formatInfo(info: SystemInfo, language: Language): string {
  const { containers, driver } = info;
  const total = containers.running + containers.paused + containers.stopped;
  return [
    `Containers: ${total}`,
    ` Running: ${containers.running}`,
    ` Paused: ${containers.paused}`,
    ` Stopped: ${containers.stopped}`,
    `Images: ${info.images}`,
    `Server Version: ${info.version}`,
    `Storage Driver: ${driver.name}`,
    ` Reason: ${driver.reason}`,
    ...driver.rejected.map(({ name, reason }) => ` Not ${name}: ${reason}`),
    'Parts:',
    ...info.parts.map(({ name, path, version, hint }) =>
      path === undefined
        ? ` ${name}: ${missing[language]}${hint === undefined ? '' : ` (${hint})`}`
        : ` ${name}: ${[version, path, purposes[name]?.[language]].filter(Boolean).join('  ')}`,
    ),
    `Cgroup Version: ${info.cgroupVersion}`,
    `Rootless: ${info.rootless}`,
    `Kernel Version: ${info.kernelVersion}`,
    `Operating System: ${info.operatingSystem}`,
    'OSType: linux',
    `Architecture: ${info.architecture}`,
    `CPUs: ${info.cpus}`,
    `Total Memory: ${binarySize(info.memory)}`,
    `Name: ${info.hostname}`,
    `Lamella Root Dir: ${info.root}`,
    'Insecure Registries:',
    ...info.insecureRegistries.map((registry) => ` ${registry}`),
    ...(info.mirrors.length === 0 ? [] : ['Registry Mirrors:']),
    ...info.mirrors.flatMap(({ registry, mirrors }) =>
      mirrors.map((url) => (registry === 'docker.io' ? ` ${url}/` : ` ${url}/ (${registry})`)),
    ),
  ].join('\n');
}

/** Under the names that Docker's `info --format` has, where it has one. */
function infoJson(info: SystemInfo): object {
  const { running, paused, stopped } = info.containers;
  return {
    Containers: running + paused + stopped,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: stopped,
    Images: info.images,
    Driver: info.driver.name,
    DriverReason: info.driver.reason,
    DriverRejected: info.driver.rejected,
    Parts: info.parts,
    CgroupVersion: info.cgroupVersion,
    KernelVersion: info.kernelVersion,
    OperatingSystem: info.operatingSystem,
    OSType: 'linux',
    Architecture: info.architecture,
    NCPU: info.cpus,
    MemTotal: info.memory,
    DockerRootDir: info.root,
    Name: info.hostname,
    Rootless: info.rootless,
    ServerVersion: info.version,
    RegistryConfig: registryConfig(info),
    Warnings: info.warnings,
  };
}

/** As Docker's API has it: mirrors of docker.io, each with a slash at its end; and Lamella's of other registries. */
function registryConfig({ insecureRegistries, mirrors }: SystemInfo): object {
  const isNetwork = (name: string): boolean => name.includes('/');
  const mirrorsOf = (registry: string): string[] =>
    mirrors.find((each) => each.registry === registry)?.mirrors.map((url) => `${url}/`) ?? [];
  const insecure = insecureRegistries.filter((name) => !isNetwork(name));
  const names = new Set([...insecure, 'docker.io', ...mirrors.map(({ registry }) => registry)]);
  return {
    IndexConfigs: Object.fromEntries(
      [...names].sort().map((name) => [
        name,
        {
          Name: name,
          Mirrors: mirrorsOf(name),
          Secure: !insecure.includes(name),
          Official: name === 'docker.io',
        },
      ]),
    ),
    InsecureRegistryCIDRs: insecureRegistries.filter(isNetwork),
    Mirrors: mirrorsOf('docker.io'),
  };
}
