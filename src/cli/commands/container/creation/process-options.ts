import type { NewContainer } from '../../../../engine/ports/container-engine.ts';
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
import type { Io } from '../../../output/io.ts';
import { readEnvironment, readLabels } from '../key-value-files.ts';

/** What runs, in which surroundings, under which name. */
export interface ProcessOptions extends OptionTable {
  readonly attach: ListOption;
  readonly cidfile: TextOption;
  readonly entrypoint: TextOption;
  readonly env: ListOption;
  readonly 'env-file': ListOption;
  readonly interactive: FlagOption;
  readonly label: ListOption;
  readonly 'label-file': ListOption;
  readonly name: TextOption;
  readonly platform: TextOption;
  readonly pull: TextOption;
  readonly quiet: FlagOption;
  readonly tty: FlagOption;
  readonly user: TextOption;
  readonly workdir: TextOption;
}

export const processOptions: ProcessOptions = {
  attach: list(
    { en: 'Attach to STDIN, STDOUT or STDERR', zh: '连接标准输入、标准输出或标准错误' },
    { short: 'a' },
  ),
  cidfile: text({ en: 'Write the container ID to the file', zh: '把容器 ID 写入文件' }),
  entrypoint: text({ en: 'Overwrite the default ENTRYPOINT of the image', zh: '覆盖镜像默认的 ENTRYPOINT' }),
  env: list({ en: 'Set environment variables', zh: '设置环境变量' }, { short: 'e' }),
  'env-file': list({ en: 'Read in a file of environment variables', zh: '从文件读取环境变量' }),
  interactive: flag({ en: 'Keep STDIN open even if not attached', zh: '保持标准输入打开' }, { short: 'i' }),
  label: list({ en: 'Set meta data on a container', zh: '设置容器的标签' }, { short: 'l' }),
  'label-file': list({ en: 'Read in a line delimited file of labels', zh: '从文件读取标签，每行一个' }),
  name: text({ en: 'Assign a name to the container', zh: '指定容器名称' }),
  platform: text({ en: 'Take the image for this platform', zh: '使用该平台的镜像' }),
  pull: text(
    {
      en: 'Pull image before creating ("always", "missing", "never")',
      zh: '创建前何时拉取镜像（"always"、"missing"、"never"）',
    },
    { default: 'missing', choices: ['always', 'missing', 'never'] },
  ),
  quiet: flag({ en: 'Suppress the pull output', zh: '不显示拉取过程' }, { short: 'q' }),
  tty: flag({ en: 'Allocate a pseudo-TTY', zh: '分配伪终端' }, { short: 't' }),
  user: text(
    {
      en: 'Username or UID (format: <name|uid>[:<group|gid>])',
      zh: '用户名或 UID（格式：<name|uid>[:<group|gid>]）',
    },
    { short: 'u' },
  ),
  workdir: text({ en: 'Working directory inside the container', zh: '容器内的工作目录' }, { short: 'w' }),
};

export async function processRequest(
  options: OptionValues<ProcessOptions>,
  io: Io,
): Promise<Partial<NewContainer['config']>> {
  return {
    Entrypoint: options.entrypoint === undefined ? undefined : [options.entrypoint],
    Env: await readEnvironment(options.env, options['env-file'], io),
    Labels: await readLabels(options.label, options['label-file']),
    User: options.user ?? '',
    WorkingDir: options.workdir ?? '',
    Tty: options.tty,
    OpenStdin: options.interactive,
  };
}
