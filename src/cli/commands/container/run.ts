import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text, type FlagOption, type TextOption } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { awaitEnd } from './await-end.ts';
import { attachedStreams, containerRequest } from './container-request.ts';
import { checkTerminal, connectStreams } from './connect-streams.ts';
import { checkImageName, createContainer, parsePullPolicy } from './create-container.ts';
import { createOptions, type CreateOptions } from './create-options.ts';
import { terminalSize } from './terminal-size.ts';

interface RunOptions extends CreateOptions {
  readonly detach: FlagOption;
  readonly 'detach-keys': TextOption;
  readonly 'sig-proxy': FlagOption;
}

const options: RunOptions = {
  ...createOptions,
  detach: flag(
    { en: 'Run container in background and print container ID', zh: '在后台运行容器并输出容器 ID' },
    { short: 'd' },
  ),
  'detach-keys': text({
    en: 'Override the key sequence for detaching a container',
    zh: '指定脱离容器的按键序列',
  }),
  'sig-proxy': flag(
    { en: 'Proxy received signals to the process', zh: '将收到的信号转发给进程' },
    { default: true },
  ),
};

export const command: Command = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  summary: { en: 'Create and run a new container from an image', zh: '从镜像创建并运行新容器' },
  examples: [
    {
      command: 'lamella run -it --rm debian:12 /bin/bash',
      note: { en: 'A shell that leaves nothing behind', zh: '打开一个 shell，退出后不留痕迹' },
    },
    {
      command: 'lamella run -d --name web --network host app:1',
      note: { en: 'In the background, under a name', zh: '以指定名称在后台运行' },
    },
    {
      command: 'lamella run --rm -v "$PWD":/src -w /src debian:12 ls',
      note: { en: 'On the files of this folder', zh: '处理当前目录中的文件' },
    },
  ],
  arity: atLeast(1),
  stopAtPositional: true,
  completion: 'image',
  failureCode: 125,
  options,
  async run({ options, given, args, context }) {
    const { detach } = options;
    const attached = attachedStreams(options, detach);
    if (detach && options.attach.length > 0) {
      throw new CliError('conflicting options: cannot specify both --attach and --detach', { exitCode: 125 });
    }
    if (!detach) checkTerminal(context, { tty: options.tty, stdin: attached.stdin });
    checkImageName(args[0] ?? '', 125);
    const policy = parsePullPolicy(options.pull);
    const engine = await context.containers();
    const size = terminalSize(context);
    const request = await containerRequest({ options, given, args, detach, size }, context.io);
    const id = await createContainer(context, engine, request, {
      policy,
      platform: options.platform,
      quiet: options.quiet,
      forRun: true,
    });
    if (detach || !(attached.stdin || attached.stdout || attached.stderr)) {
      await engine.start(id);
      await context.print(id);
      return 0;
    }
    using end = awaitEnd(engine, id, options.rm ? 'removed' : 'next-exit');
    await using streams = await engine.attach(id, attached);
    await engine.start(id);
    const how = await connectStreams(context, streams, {
      tty: options.tty,
      stdin: attached.stdin,
      detachKeys: options['detach-keys'],
      onSignal: options['sig-proxy']
        ? (signal) => void engine.kill(id, { signal }).catch(() => {})
        : undefined,
    });
    return how === 'detached' ? 0 : await end.exitCode();
  },
});
