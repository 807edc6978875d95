import { isLamellaError } from '../../../base/errors.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, list, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { checkTerminal, connectStreams } from './connect-streams.ts';
import { readEnvironment } from './key-value-files.ts';
import { terminalSize } from './terminal-size.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  summary: { en: 'Execute a command in a running container', zh: '在运行中的容器内执行命令' },
  examples: [
    {
      command: 'lamella exec -it web /bin/sh',
      note: { en: 'A shell beside what runs', zh: '在运行中的容器内打开 shell' },
    },
  ],
  arity: atLeast(2),
  stopAtPositional: true,
  completion: 'running-container',
  options: {
    detach: flag(
      { en: 'Detached mode: run command in the background', zh: '后台模式：在后台执行命令' },
      { short: 'd' },
    ),
    'detach-keys': text({
      en: 'Override the key sequence for detaching a container',
      zh: '指定脱离容器的按键序列',
    }),
    env: list({ en: 'Set environment variables', zh: '设置环境变量' }, { short: 'e' }),
    'env-file': list({ en: 'Read in a file of environment variables', zh: '从文件读取环境变量' }),
    interactive: flag({ en: 'Keep STDIN open even if not attached', zh: '保持标准输入打开' }, { short: 'i' }),
    privileged: flag({ en: 'Give extended privileges to the command', zh: '给予命令扩展权限' }),
    tty: flag({ en: 'Allocate a pseudo-TTY', zh: '分配伪终端' }, { short: 't' }),
    user: text(
      {
        en: 'Username or UID (format: "<name|uid>[:<group|gid>]")',
        zh: '用户名或 UID（格式："<name|uid>[:<group|gid>]"）',
      },
      { short: 'u' },
    ),
    workdir: text({ en: 'Working directory inside the container', zh: '容器内的工作目录' }, { short: 'w' }),
  },
  async run({ options, args, context }) {
    const [container = '', ...command] = args;
    const { tty, interactive: stdin, detach } = options;
    if (!detach) checkTerminal(context, { tty, stdin });
    const engine = await context.containers();
    const { rows, columns } = terminalSize(context);
    const request = {
      command,
      tty,
      stdin: stdin && !detach,
      detach,
      privileged: options.privileged,
      env: await readEnvironment(options.env, options['env-file'], context.io),
      user: options.user ?? '',
      workingDir: options.workdir ?? '',
      consoleSize: [rows, columns] as const,
    };
    await using running = await engine.exec(container, request).catch(failWithExitCode);
    if (detach) return 0;
    const how = await connectStreams(context, running, { tty, stdin, detachKeys: options['detach-keys'] });
    return how === 'detached' ? 0 : await running.exitCode;
  },
});

/** What the OCI runtime says stands alone, with a shell's exit codes: 127 for no such program, 126 for one that may not run. */
function failWithExitCode(error: unknown): never {
  if (!isLamellaError(error) || !error.message.startsWith('OCI runtime exec failed: ')) throw error;
  throw new CliError(error.message, { exitCode: error.code === 'command-not-found' ? 127 : 126 });
}
