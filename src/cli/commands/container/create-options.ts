import {
  bytes,
  decimal,
  flag,
  integer,
  list,
  text,
  type BytesOption,
  type DecimalOption,
  type FlagOption,
  type IntegerOption,
  type ListOption,
  type OptionTable,
  type TextOption,
} from '../../arguments/options.ts';

/** Options that `run` and `create` share. */
export interface CreateOptions extends OptionTable {
  readonly attach: ListOption;
  readonly 'cap-add': ListOption;
  readonly 'cap-drop': ListOption;
  readonly cpus: DecimalOption;
  readonly entrypoint: TextOption;
  readonly env: ListOption;
  readonly 'env-file': ListOption;
  readonly hostname: TextOption;
  readonly init: FlagOption;
  readonly interactive: FlagOption;
  readonly label: ListOption;
  readonly 'label-file': ListOption;
  readonly memory: BytesOption;
  readonly name: TextOption;
  readonly network: TextOption;
  readonly 'pids-limit': IntegerOption;
  readonly platform: TextOption;
  readonly pull: TextOption;
  readonly quiet: FlagOption;
  readonly privileged: FlagOption;
  readonly 'read-only': FlagOption;
  readonly rm: FlagOption;
  readonly 'shm-size': BytesOption;
  readonly 'stop-signal': TextOption;
  readonly 'stop-timeout': IntegerOption;
  readonly tmpfs: ListOption;
  readonly tty: FlagOption;
  readonly user: TextOption;
  readonly volume: ListOption;
  readonly workdir: TextOption;
}

export const createOptions: CreateOptions = {
  attach: list(
    { en: 'Attach to STDIN, STDOUT or STDERR', zh: '连接标准输入、标准输出或标准错误' },
    { short: 'a' },
  ),
  'cap-add': list({ en: 'Add Linux capabilities', zh: '添加 Linux 能力' }),
  'cap-drop': list({ en: 'Drop Linux capabilities', zh: '去除 Linux 能力' }),
  cpus: decimal({ en: 'Number of CPUs', zh: 'CPU 数量' }),
  entrypoint: text({ en: 'Overwrite the default ENTRYPOINT of the image', zh: '覆盖镜像默认的 ENTRYPOINT' }),
  env: list({ en: 'Set environment variables', zh: '设置环境变量' }, { short: 'e' }),
  'env-file': list({ en: 'Read in a file of environment variables', zh: '从文件读取环境变量' }),
  hostname: text({ en: 'Container host name', zh: '容器的主机名' }, { short: 'h' }),
  init: flag({
    en: 'Run an init inside the container that forwards signals and reaps processes',
    zh: '在容器内运行 init，转发信号并回收进程',
  }),
  interactive: flag({ en: 'Keep STDIN open even if not attached', zh: '保持标准输入打开' }, { short: 'i' }),
  label: list({ en: 'Set meta data on a container', zh: '设置容器的标签' }, { short: 'l' }),
  'label-file': list({ en: 'Read in a line delimited file of labels', zh: '从文件读取标签，每行一个' }),
  memory: bytes({ en: 'Memory limit', zh: '内存上限' }, { short: 'm' }),
  name: text({ en: 'Assign a name to the container', zh: '指定容器名称' }),
  network: text(
    { en: 'Connect a container to a network: "none" or "host"', zh: '容器使用的网络："none" 或 "host"' },
    { alias: 'net', valueName: 'network', choices: ['none', 'host'] },
  ),
  'pids-limit': integer({
    en: 'Tune container pids limit (set -1 for unlimited)',
    zh: '容器内进程数上限（-1 表示不限）',
  }),
  pull: text(
    {
      en: 'Pull image before creating ("always", "missing", "never")',
      zh: '创建前何时拉取镜像（"always"、"missing"、"never"）',
    },
    { default: 'missing', choices: ['always', 'missing', 'never'] },
  ),
  quiet: flag({ en: 'Suppress the pull output', zh: '不显示拉取过程' }, { short: 'q' }),
  platform: text({ en: 'Take the image for this platform', zh: '使用该平台的镜像' }),
  privileged: flag({ en: 'Give extended privileges to this container', zh: '给予容器扩展权限' }),
  'read-only': flag({
    en: "Mount the container's root filesystem as read only",
    zh: '以只读方式挂载容器的根文件系统',
  }),
  rm: flag({
    en: 'Automatically remove the container and its associated anonymous volumes when it exits',
    zh: '容器退出后自动删除容器及其匿名卷',
  }),
  'shm-size': bytes({ en: 'Size of /dev/shm', zh: '/dev/shm 的大小' }),
  'stop-signal': text({ en: 'Signal to stop the container', zh: '停止容器时发送的信号' }),
  'stop-timeout': integer({ en: 'Timeout (in seconds) to stop a container', zh: '停止容器的超时时间（秒）' }),
  tmpfs: list({ en: 'Mount a tmpfs directory', zh: '挂载 tmpfs 目录' }),
  tty: flag({ en: 'Allocate a pseudo-TTY', zh: '分配伪终端' }, { short: 't' }),
  user: text(
    {
      en: 'Username or UID (format: <name|uid>[:<group|gid>])',
      zh: '用户名或 UID（格式：<name|uid>[:<group|gid>]）',
    },
    { short: 'u' },
  ),
  volume: list({ en: 'Bind mount a volume', zh: '挂载目录或卷' }, { short: 'v' }),
  workdir: text({ en: 'Working directory inside the container', zh: '容器内的工作目录' }, { short: 'w' }),
};
