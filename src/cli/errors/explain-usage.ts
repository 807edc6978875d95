/** pflag's and Docker's words for a command line that cannot be understood, and what they mean in Chinese. */
const patterns: readonly (readonly [pattern: RegExp, chinese: string])[] = [
  [/requires at least (\d+) and at most (\d+) argument/, '需要 $1 到 $2 个参数。'],
  [/requires at least (\d+) argument/, '至少需要 $1 个参数。'],
  [/requires at most (\d+) argument/, '最多接受 $1 个参数。'],
  [/requires (\d+) argument/, '需要 $1 个参数。'],
  [/accepts no arguments/, '不接受任何参数。'],
  [/^unknown (?:shorthand )?flag: (.*)/, '未知选项：$1'],
  [/^flag needs an argument: (.*)/, '选项缺少取值：$1'],
  [/^invalid argument (".*?") for "(.*?)" flag/, '选项 $2 的值无效：$1'],
  [/unknown command: (.*)/, '未知命令：$1'],
];

/** The Chinese line under an English message, or undefined where the message is not one of these. */
export function explainUsage(message: string): string | undefined {
  for (const [pattern, chinese] of patterns) {
    const match = pattern.exec(message);
    if (match !== null) return chinese.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '');
  }
  return undefined;
}
