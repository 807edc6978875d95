import { atMost } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import type { Text } from '../../languages/text.ts';
import { shortId } from '../../table/ellipsis.ts';

const texts: Readonly<Record<'undone' | 'restored' | 'tagged' | 'untagged', Text>> = {
  undone: { en: 'Took back: %s', zh: '已撤销：%s' },
  restored: { en: 'Restored: %s', zh: '已恢复：%s' },
  tagged: { en: 'Tagged: %s -> %s', zh: '标签：%s -> %s' },
  untagged: { en: 'Untagged: %s', zh: '已去除标签：%s' },
};

export const command: Command = defineCommand({
  usage: '[REPOSITORY[:TAG]]',
  summary: { en: 'Take back the last removal or move of a tag', zh: '撤销上一次删除或标签变动' },
  examples: [
    {
      command: 'lamella rmi debian:12 && lamella undo',
      note: {
        en: 'The image is back, as long as nothing has collected it',
        zh: '只要内容尚未被清理，镜像即可恢复',
      },
    },
    {
      command: 'lamella undo debian:12',
      note: { en: 'Only what happened to this name last', zh: '只撤销该名称的最近一次变动' },
    },
  ],
  arity: atMost(1),
  completion: 'image',
  options: {},
  async run({ args, context }) {
    const [reference] = args;
    const engine = await context.images();
    const report = await engine.undo(reference === undefined ? {} : { reference });
    await context.print(context.say(texts.undone, report.command));
    for (const id of report.restored) await context.print(context.say(texts.restored, id));
    for (const { name, to } of report.moves) {
      await context.print(
        to === undefined ? context.say(texts.untagged, name) : context.say(texts.tagged, name, shortId(to)),
      );
    }
  },
});
