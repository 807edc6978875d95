import { atMost } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { list, text } from '../../arguments/options.ts';
import { splitAtEquals } from '../container/key-value-files.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] [VOLUME]',
  summary: { en: 'Create a volume', zh: '创建卷' },
  examples: [
    {
      command: 'lamella volume create --label tier=db data',
      note: {
        en: 'A directory with a name, for run -v data:/var/lib/db',
        zh: '有名称的目录，供 run -v data:/var/lib/db 使用',
      },
    },
    {
      command: 'lamella volume create -o type=nfs -o o=addr=10.0.0.7,rw -o device=:/srv/data data',
      note: { en: 'A directory of a file server', zh: '文件服务器上的目录' },
    },
  ],
  arity: atMost(1),
  completion: 'none',
  options: {
    driver: text({ en: 'Specify volume driver name', zh: '卷驱动的名称' }, { short: 'd', default: 'local' }),
    label: list({ en: 'Set metadata for a volume', zh: '设置卷的标签' }),
    opt: list({ en: 'Set driver specific options', zh: '设置驱动的选项' }, { short: 'o', valueName: 'map' }),
  },
  async run({ options, args, context }) {
    const volumes = await context.volumes();
    const { Name } = await volumes.create({
      name: args[0],
      driver: options.driver ?? 'local',
      labels: Object.fromEntries(options.label.map(splitAtEquals)),
      options: Object.fromEntries(options.opt.map(splitAtEquals)),
    });
    await context.print(Name);
  },
});
