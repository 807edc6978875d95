import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...] | --all',
  summary: {
    en: 'Write systemd units that start containers at boot',
    zh: '生成在开机时启动容器的 systemd 单元',
  },
  examples: [
    {
      command:
        'lamella generate systemd --all > /etc/systemd/system/lamella-restart.service && systemctl enable lamella-restart',
      note: {
        en: 'What restart policies want to run, runs after a reboot',
        zh: '重启后自动启动重启策略要求运行的容器',
      },
    },
    {
      command: 'cd /etc/systemd/system && lamella generate systemd --new --files --name web',
      note: {
        en: 'One container as a service of its own, made anew at each start',
        zh: '将一个容器作为独立的服务，每次启动时重新创建',
      },
    },
  ],
  arity: atLeast(0),
  completion: 'container',
  options: {
    all: flag({
      en: 'One unit for all containers that have a restart policy',
      zh: '为所有带重启策略的容器生成一个单元',
    }),
    files: flag(
      {
        en: 'Write files into the current directory, and print their paths',
        zh: '将单元写入当前目录的文件，并输出其路径',
      },
      { short: 'f' },
    ),
    name: flag(
      { en: 'Use the name of the container in place of its ID', zh: '使用容器名称代替 ID' },
      { short: 'n' },
    ),
    new: flag({
      en: 'Make the container anew at each start, and remove it when it ends',
      zh: '每次启动时重新创建容器，结束时将其删除',
    }),
    'restart-policy': text(
      {
        en: 'When systemd starts it again (systemd.service, Restart=)',
        zh: 'systemd 何时重新启动（Restart=）',
      },
      {
        default: 'on-failure',
        choices: ['no', 'on-success', 'on-failure', 'on-abnormal', 'on-watchdog', 'on-abort', 'always'],
      },
    ),
  },
  async run({ options, args, context }) {
    if (options.all && args.length > 0) throw new CliError('--all and containers exclude each other');
    if (!options.all && args.length === 0) throw new CliError('name a container, or use --all');
    const { units, warnings } = await (
      await context.system()
    ).generateUnits({
      containers: options.all ? undefined : args,
      makeAnew: options.new,
      useName: options.name,
      restartPolicy: options['restart-policy'] ?? '',
    });
    for (const warning of warnings) await context.warn(`WARNING: ${warning}`);
    for (const { name, content } of units) {
      if (!options.files) {
        await context.io.stdout.write(content);
        continue;
      }
      const path = join(context.io.cwd, name);
      await writeFile(path, content);
      await context.print(path);
    }
  },
});
