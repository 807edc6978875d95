import { explainUsage } from '../errors/explain-usage.ts';
import { fill, messages } from '../languages/messages.ts';
import type { Language, Text } from '../languages/text.ts';
import { displayWidth } from '../table/display-width.ts';
import type { Command } from './command.ts';
import type { Option, OptionTable } from './options.ts';
import { wrapText } from './wrap.ts';

export interface HelpOptions {
  readonly language: Language;
  /** Terminal width in columns, 80 where there is none. */
  readonly columns: number;
}

/** `lamella rmi --help`, laid out as Docker lays it out. */
export function formatCommandHelp(
  command: Command,
  { name, names }: { name: string; names: readonly string[] },
  { language, columns }: HelpOptions,
): string {
  const say = (text: Text): string => text[language];
  const parts = [
    `${say(messages.usage)}  ${name}${command.usage === '' ? '' : ` ${command.usage}`}`,
    say(command.summary),
  ];
  if (names.length > 1) parts.push(`${say(messages.aliases)}\n  ${names.join(', ')}`);
  if (command.examples !== undefined) {
    const lines = command.examples.map(({ command, note }) => `  ${command}\n      ${say(note)}`);
    parts.push(`${say(messages.examples)}\n${lines.join('\n')}`);
  }
  const options = formatOptions(command.options, { language, columns });
  if (options !== '') parts.push(`${say(messages.options)}\n${options}`);
  return `${parts.join('\n\n')}\n`;
}

/** The block of options, one or more lines each, wrapped as pflag wraps it. */
export function formatOptions(table: OptionTable, { language, columns }: HelpOptions): string {
  const shown = Object.entries(table)
    .filter(([, option]) => option.hidden !== true)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, option]) => ({ left: leftSide(name, option), right: rightSide(option, language) }));
  const widest = Math.max(0, ...shown.map(({ left }) => displayWidth(left)));
  return shown
    .map(({ left, right }) => {
      const padded = left + ' '.repeat(widest - displayWidth(left) + 3);
      return padded + wrapText(right, widest + 3, columns - 1);
    })
    .join('\n');
}

function leftSide(name: string, option: Option): string {
  const short = option.short === undefined ? '      ' : `  -${option.short}, `;
  const value = option.kind === 'flag' ? '' : ` ${option.valueName ?? valueNames[option.kind]}`;
  return `${short}--${name}${value}`;
}

const valueNames: Readonly<Record<Exclude<Option['kind'], 'flag'>, string>> = {
  text: 'string',
  list: 'list',
  filter: 'filter',
  integer: 'int',
  bytes: 'bytes',
  decimal: 'decimal',
  duration: 'duration',
};

function rightSide(option: Option, language: Language): string {
  const help = option.help[language];
  const word = messages.defaultValue[language];
  if (!('default' in option) || option.default === undefined || option.default === false) return help;
  const value = typeof option.default === 'string' ? JSON.stringify(option.default) : String(option.default);
  if (option.default === '' || option.default === 0) return help;
  return language === 'zh' ? `${help}（${word} ${value}）` : `${help} (${word} ${value})`;
}

/** The lines behind an error in the command line. */
export function formatUsageError(
  { message, advice }: { message: string; advice: 'runHelp' | 'seeHelp' },
  { name, usage }: { name: string; usage: string },
  language: Language,
): string {
  const use = `${messages.usage[language]}  ${name}${usage === '' ? '' : ` ${usage}`}`;
  const chinese = language === 'zh' ? explainUsage(message) : undefined;
  const text = chinese === undefined ? message : `${message}\n${chinese}`;
  return `${text}\n\n${use}\n\n${fill(messages[advice][language], name)}\n`;
}
