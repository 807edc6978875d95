import type { ApiObject } from '../../../engine/ports/common.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { awaitEnd } from './await-end.ts';
import { errorLine } from '../../errors/print-error.ts';
import { checkTerminal, connectStreams } from './connect-streams.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: { en: 'Start one or more stopped containers', zh: '启动一个或多个已停止的容器' },
  examples: [{ command: 'lamella start -ai box', note: { en: 'With its terminal', zh: '启动并连接其终端' } }],
  arity: atLeast(1),
  completion: 'container',
  options: {
    attach: flag(
      { en: 'Attach STDOUT/STDERR and forward signals', zh: '连接标准输出和标准错误，并转发信号' },
      { short: 'a' },
    ),
    'detach-keys': text({
      en: 'Override the key sequence for detaching a container',
      zh: '指定脱离容器的按键序列',
    }),
    interactive: flag({ en: "Attach container's STDIN", zh: '连接容器的标准输入' }, { short: 'i' }),
  },
  async run({ options, args, context }) {
    const engine = await context.containers();
    if (!options.attach && !options.interactive) {
      const failed: string[] = [];
      for (const container of args) {
        try {
          await engine.start(container);
          await context.print(container);
        } catch (error) {
          await context.warn(errorLine(error));
          failed.push(container);
        }
      }
      if (failed.length > 0) throw new CliError(`Error: failed to start containers: ${failed.join(', ')}`);
      return 0;
    }
    if (args.length > 1) throw new CliError('you cannot start and attach multiple containers at once');
    const found = await engine.inspect(args[0] as string);
    const config = found['Config'] as ApiObject;
    const hostConfig = found['HostConfig'] as ApiObject;
    const id = found['Id'] as string;
    const tty = config['Tty'] === true;
    const stdin = options.interactive && config['OpenStdin'] === true;
    checkTerminal(context, { tty, stdin });
    const condition = hostConfig['AutoRemove'] === true ? 'removed' : 'next-exit';
    using end = awaitEnd(engine, id, condition);
    await using streams = await engine.attach(id, { stdin, stdout: true, stderr: true });
    await engine.start(id);
    const how = await connectStreams(context, streams, {
      tty,
      stdin,
      detachKeys: options['detach-keys'],
      onSignal: (signal) => void engine.kill(id, { signal }).catch(() => {}),
    });
    return how === 'detached' ? 0 : await end.exitCode();
  },
});
