import { exactly, between, checkArity } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { checkReference } from '../client-reference.ts';

export const command: Command = defineCommand({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  summary: {
    en: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
    zh: '为 SOURCE_IMAGE 创建标签 TARGET_IMAGE',
  },
  examples: [
    { command: 'lamella tag debian:12 my/base:1', note: { en: 'A second name', zh: '再起一个名称' } },
    {
      command: 'lamella tag --log my/base:1',
      note: { en: 'What the name has pointed to, newest first', zh: '该名称曾指向哪些镜像（最新的在前）' },
    },
    {
      command: 'lamella tag my/base:1@{1} my/base:1',
      note: { en: 'Back to what it pointed to before', zh: '恢复到之前指向的镜像' },
    },
  ],
  arity: between(1, 2),
  completion: 'image',
  options: {
    log: flag({ en: 'Show every move of a tag instead', zh: '改为显示标签的每次变动' }),
  },
  async run({ options, args, context }) {
    const [source = '', target = ''] = args;
    if (options.log) {
      checkArity(exactly(1), args.length, context.commandName);
      const { formatTagLog } = await import('./tag-log.ts');
      const moves = await (await context.images()).tagLog(source);
      await context.io.stdout.write(formatTagLog(moves, { now: context.io.now() }));
      return;
    }
    checkArity(exactly(2), args.length, context.commandName);
    checkReference(
      target,
      `Error parsing reference: ${JSON.stringify(target)} is not a valid repository/tag: `,
    );
    await (await context.images()).tag(source, target);
  },
});
