import type { ApiObject } from '../../../engine/ports/common.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import { awaitEnd } from './await-end.ts';
import { checkTerminal, connectStreams } from './connect-streams.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  summary: {
    en: 'Attach local standard input, output, and error streams to a running container',
    zh: '将本地的标准输入、输出和错误流连接到运行中的容器',
  },
  arity: exactly(1),
  completion: 'running-container',
  options: {
    'detach-keys': text({
      en: 'Override the key sequence for detaching a container',
      zh: '指定脱离容器的按键序列',
    }),
    'no-stdin': flag({ en: 'Do not attach STDIN', zh: '不连接标准输入' }),
    'sig-proxy': flag(
      { en: 'Proxy all received signals to the process', zh: '将收到的所有信号转发给进程' },
      { default: true },
    ),
  },
  async run({ options, args, context }) {
    const [container = ''] = args;
    const engine = await context.containers();
    const found = await engine.inspect(container);
    const state = found['State'] as ApiObject;
    const config = found['Config'] as ApiObject;
    if (state['Running'] !== true)
      throw new CliError('You cannot attach to a stopped container, start it first');
    if (state['Paused'] === true)
      throw new CliError('You cannot attach to a paused container, unpause it first');
    const tty = config['Tty'] === true;
    const stdin = config['OpenStdin'] === true && !options['no-stdin'];
    checkTerminal(context, { tty, stdin });
    const id = found['Id'] as string;
    using end = awaitEnd(engine, id, 'not-running');
    await using streams = await engine.attach(id, { stdin, stdout: true, stderr: true });
    const how = await connectStreams(context, streams, {
      tty,
      stdin,
      detachKeys: options['detach-keys'],
      redraw: true,
      onSignal: options['sig-proxy']
        ? (signal) => void engine.kill(id, { signal }).catch(() => {})
        : undefined,
    });
    return how === 'detached' ? 0 : await end.exitCode();
  },
});
