import { commands, groups } from '../commands/registry.ts';
import { fill, messages } from '../languages/messages.ts';
import type { Language } from '../languages/text.ts';
import { explainUsage } from '../errors/explain-usage.ts';
import { escapeControl } from '../table/escape-control.ts';
import { suggest } from './suggest.ts';

/** What is printed for a command that does not exist: Docker's line, and what may have been meant. */
export function unknownCommand(words: readonly string[], program: string, language: Language): string {
  const [first = '', second] = words;
  const group = groups.find(({ name }) => name === first);
  const scope = group === undefined || second === undefined ? program : `${program} ${first}`;
  const word = group === undefined ? first : (second ?? '');
  const lines = [`${program}: unknown command: ${scope} ${escapeControl(word)}`];
  if (language === 'zh') lines.push(explainUsage(lines[0] ?? '') ?? '');
  if (group !== undefined) lines.push('', `${messages.usage[language]}  ${scope}`);
  const names = commands
    .filter((entry) => entry.hidden !== true)
    .flatMap((entry) => entry.names)
    .flatMap((name) => {
      if (group === undefined) return name.includes(' ') ? [] : [name];
      return name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [];
    });
  const near = suggest(word, group === undefined ? [...names, ...groups.map(({ name }) => name)] : names);
  if (near.length > 0) {
    const shown = near.map((name) => `${scope} ${name}`).join(', ');
    lines.push('', fill(messages.didYouMean[language], shown));
  }
  lines.push('', fill(messages.runHelp[language], scope));
  return `${lines.join('\n')}\n`;
}
