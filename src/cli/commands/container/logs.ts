import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  summary: { en: 'Fetch the logs of a container', zh: '查看容器的日志' },
  examples: [
    {
      command: 'lamella logs -f --tail 100 web',
      note: { en: 'The last lines, and what comes', zh: '显示最后 100 行并持续跟踪' },
    },
  ],
  arity: exactly(1),
  completion: 'container',
  options: {
    follow: flag({ en: 'Follow log output', zh: '持续跟踪日志输出' }, { short: 'f' }),
    since: text({
      en: 'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
      zh: '只显示该时间之后的日志（例如 "2013-01-02T13:23:37Z"），或相对时间（例如 "42m" 表示 42 分钟前）',
    }),
    tail: text(
      { en: 'Number of lines to show from the end of the logs', zh: '从末尾起显示的行数' },
      { short: 'n', default: 'all' },
    ),
    timestamps: flag({ en: 'Show timestamps', zh: '显示时间戳' }, { short: 't' }),
    until: text({
      en: 'Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
      zh: '只显示该时间之前的日志（例如 "2013-01-02T13:23:37Z"），或相对时间（例如 "42m" 表示 42 分钟前）',
    }),
  },
  async run({ options, args, context }) {
    const engine = await context.containers();
    const { stdout, stderr, signal } = context.io;
    // Docker takes what is no number for all.
    const tail = /^\d+$/.test(options.tail ?? '') ? Number(options.tail) : Infinity;
    const pieces = engine.logs(args[0] as string, {
      follow: options.follow,
      timestamps: options.timestamps,
      since: options.since,
      until: options.until,
      tail,
      signal,
    });
    for await (const { stream, bytes } of pieces) await (stream === 'stdout' ? stdout : stderr).write(bytes);
  },
});
