import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CsvError, parseCsvLine } from '../../../base/csv-line.ts';
import type { RunSettings, SecretSource } from '../../../engine/ports/build-engine.ts';
import {
  bytes,
  flag,
  list,
  text,
  type BytesOption,
  type FlagOption,
  type ListOption,
  type OptionValues,
  type TextOption,
} from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { CommandContext } from '../../output/context.ts';
import { checkExtraHost } from '../container/creation/network-options.ts';
import { parseUlimit, whyNoUlimit } from '../container/creation/ulimit.ts';

/** Options of `build` that concern the steps of RUN. */
export const runOptions: {
  readonly 'add-host': ListOption;
  readonly allow: ListOption;
  readonly 'cgroup-parent': TextOption;
  readonly debug: FlagOption;
  readonly network: TextOption;
  readonly secret: ListOption;
  readonly 'shm-size': BytesOption;
  readonly ssh: ListOption;
  readonly ulimit: ListOption;
} = {
  'add-host': list({
    en: 'Add a custom host-to-IP mapping (host:ip)',
    zh: '添加主机名到 IP 的映射（host:ip）',
  }),
  allow: list({
    en: 'Allow what steps may not do by default ("network.host", "security.insecure")',
    zh: '允许步骤做默认不允许的事（"network.host"、"security.insecure"）',
  }),
  'cgroup-parent': text({
    en: 'Set the parent cgroup for the RUN instructions',
    zh: '设置 RUN 指令的父级 cgroup',
  }),
  debug: flag({
    en: 'When a step fails, open a shell in the files as they were at that step',
    zh: '步骤失败时，在该步骤当时的文件中打开终端',
  }),
  network: text({
    en: 'Set the networking mode for the RUN instructions ("default", "none", "host")',
    zh: '设置 RUN 指令的网络模式（"default"、"none"、"host"）',
  }),
  secret: list({
    en: 'Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")',
    zh: '提供给构建的机密（格式："id=mysecret[,src=/local/secret]"）',
  }),
  'shm-size': bytes({ en: 'Size of /dev/shm in RUN instructions', zh: 'RUN 指令中 /dev/shm 的大小' }),
  ssh: list({
    en: 'SSH agent socket to expose to the build (format: "default|<id>[=<socket>]")',
    zh: '提供给构建的 SSH 代理套接字（格式："default|<id>[=<socket>]"）',
  }),
  ulimit: list(
    { en: 'Ulimit options', zh: '进程资源限制（ulimit）' },
    { valueName: 'ulimit', check: whyNoUlimit },
  ),
};

/** @throws CliError in buildx's words */
export function runSettings(
  options: OptionValues<typeof runOptions>,
  { io }: Pick<CommandContext, 'io'>,
): RunSettings {
  return {
    network: readNetwork(options.network ?? 'default'),
    allow: new Set(options.allow.map(readEntitlement)),
    secrets: new Map(options.secret.map((each) => readSecret(each, io))),
    agents: new Map(options.ssh.map((each) => readAgent(each, io))),
    limits: {
      extraHosts: options['add-host'].map(checkExtraHost),
      ulimits: options.ulimit.map(parseUlimit),
      shmSize: options['shm-size'],
      cgroupParent: options['cgroup-parent'] ?? '',
    },
  };
}

function readNetwork(name: string): RunSettings['network'] {
  if (name === 'none' || name === 'host' || name === 'default') return name;
  if (name === '' || name === 'bridge') return 'default';
  throw refused(
    `network mode ${JSON.stringify(name)} not supported by buildkit`,
    'It is "default", "none" or "host".',
  );
}

function readEntitlement(name: string): string {
  if (name === 'network.host' || name === 'security.insecure') return name;
  throw refused(`invalid entitlement: ${name}`, 'It is "network.host" or "security.insecure".');
}

/** `id=ID,src=FILE`, `id=ID,env=VARIABLE`, or `id=ID`: the variable of that name, else the file. */
function readSecret(option: string, { cwd, env }: CommandContext['io']): [id: string, source: SecretSource] {
  const found: Record<string, string> = {};
  for (const field of fieldsOf(option, 'secret')) {
    const equals = field.indexOf('=');
    if (equals < 0) throw refused(`invalid field '${field}' must be a key=value pair`);
    const key = field.slice(0, equals).toLowerCase();
    const name = { source: 'src', src: 'src', type: 'type', id: 'id', env: 'env' }[key];
    if (name === undefined) throw refused(`unexpected key '${key}' in '${field}'`);
    found[name] = field.slice(equals + 1);
  }
  const { id = '', src, env: variable, type = '' } = found;
  if (type !== '' && type !== 'file' && type !== 'env')
    throw refused(`unsupported secret type ${JSON.stringify(type)}`);
  if (id === '') throw refused('missing id');
  const asEnvironment = variable ?? (type === 'env' ? (src ?? id) : undefined);
  if (asEnvironment !== undefined) return [id, { value: env[asEnvironment] ?? '' }];
  const value = src === undefined && type === '' ? env[id] : undefined;
  if (value !== undefined) return [id, { value }];
  const file = resolve(cwd, src ?? id);
  if (!existsSync(file))
    throw refused(`failed to stat ${src ?? id}: stat ${src ?? id}: no such file or directory`);
  return [id, { file }];
}

/** `default`, `ID`: the agent that this shell has; `ID=SOCKET`. */
function readAgent(option: string, { cwd, env }: CommandContext['io']): [id: string, socket: string] {
  const equals = option.indexOf('=');
  const id = equals < 0 ? option : option.slice(0, equals);
  const path = equals < 0 ? env['SSH_AUTH_SOCK'] : option.slice(equals + 1);
  const failed = `failed to convert agent config for ID: ${JSON.stringify(id)}:`;
  if (path === undefined || path === '') {
    throw refused('invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set');
  }
  const status = statSync(resolve(cwd, path), { throwIfNoEntry: false });
  if (status === undefined) throw refused(`${failed} stat ${path}: no such file or directory`);
  if (!status.isSocket()) {
    throw refused(
      `${failed} ${path} is not a socket`,
      'Add the key to an agent with ssh-add, and give its socket.',
    );
  }
  return [id, resolve(cwd, path)];
}

function fieldsOf(option: string, what: string): string[] {
  try {
    return parseCsvLine(option);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refused(`failed to parse csv ${what}: ${error.message}`);
  }
}

function refused(problem: string, hint?: string): CliError {
  return new CliError(`ERROR: failed to build: ${problem}`, hint === undefined ? {} : { hint });
}
