import type { Text } from './text.ts';

type MessageName =
  | 'usage'
  | 'aliases'
  | 'examples'
  | 'options'
  | 'globalOptions'
  | 'commonCommands'
  | 'managementCommands'
  | 'commands'
  | 'defaultValue'
  | 'seeHelp'
  | 'runHelp'
  | 'runCommandHelp'
  | 'didYouMean'
  | 'hint'
  | 'confirm'
  | 'reclaimed'
  | 'wouldReclaim'
  | 'cancelled'
  | 'help';

/** Words that many commands share. What belongs to one command stands with it. */
export const messages: Readonly<Record<MessageName, Text>> = {
  usage: { en: 'Usage:', zh: '用法：' },
  aliases: { en: 'Aliases:', zh: '别名：' },
  examples: { en: 'Examples:', zh: '示例：' },
  options: { en: 'Options:', zh: '选项：' },
  globalOptions: { en: 'Global Options:', zh: '全局选项：' },
  commonCommands: { en: 'Common Commands:', zh: '常用命令：' },
  managementCommands: { en: 'Management Commands:', zh: '管理命令：' },
  commands: { en: 'Commands:', zh: '命令：' },
  defaultValue: { en: 'default', zh: '默认' },
  seeHelp: { en: "See '%s --help' for more information", zh: '参见 "%s --help"' },
  runHelp: { en: "Run '%s --help' for more information", zh: '运行 "%s --help" 查看更多信息' },
  runCommandHelp: {
    en: "Run '%s COMMAND --help' for more information on a command.",
    zh: '运行 "%s COMMAND --help" 查看某个命令的更多信息。',
  },
  didYouMean: { en: 'Did you mean: %s', zh: '您是不是想用：%s' },
  hint: { en: 'Hint: %s', zh: '提示：%s' },
  confirm: { en: 'Are you sure you want to continue? [y/N] ', zh: '确定要继续吗？[y/N] ' },
  reclaimed: { en: 'Total reclaimed space: %s', zh: 'Total reclaimed space: %s' },
  wouldReclaim: { en: 'Would reclaim: %s', zh: '将释放空间：%s' },
  cancelled: { en: 'cancelled', zh: '已取消' },
  help: { en: 'Print usage', zh: '显示用法' },
};

/** The text with its `%s` replaced in order. */
export function fill(text: string, ...values: readonly string[]): string {
  let next = 0;
  return text.replace(/%s/g, () => values[next++] ?? '');
}
