import type { Command, Completion } from '../arguments/command.ts';
import { globalOptions } from '../arguments/global-options.ts';
import type { Option, OptionTable } from '../arguments/options.ts';
import { commands, findCommand, groups } from '../commands/registry.ts';
import type { CommandContext } from '../output/context.ts';
import { shortId } from '../table/ellipsis.ts';

/**
 * What may stand where the last of the words is: `word<tab>description` each, or `:files` alone where the shell should
 * offer files.
 *
 * @param words all words behind the program's name; the last one is being typed and may be empty
 */
export async function complete(words: readonly string[], context: CommandContext): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const start = skipGlobals(before);
  if (start === undefined) return values(globalOptionAt(before), current);
  const typed = before.slice(start);
  const found = findCommand(typed);
  if (found === undefined) {
    if (current.startsWith('-')) return optionNames(globalOptions, current, context);
    return commandNames(typed, current, context);
  }
  const command = await found.entry.load();
  const rest = typed.slice(found.length);
  const expecting = optionExpectingValue(rest, command);
  if (expecting !== undefined) return values(expecting, current);
  if (current.startsWith('-') && !rest.includes('--')) return optionNames(command.options, current, context);
  if (command.stopAtPositional === true && countPositional(rest, command) > 0) {
    return found.name.endsWith('exec') ? [] : [':files'];
  }
  return names(command.completion ?? 'none', current, context);
}

/** Where the command begins, or undefined while a global option's value is being typed. */
function skipGlobals(words: readonly string[]): number | undefined {
  let at = 0;
  while (words[at]?.startsWith('-') === true) {
    const option = optionNamed(globalOptions, words[at] as string);
    const takesNext = option !== undefined && option.kind !== 'flag' && !(words[at] as string).includes('=');
    if (takesNext && at + 1 >= words.length) return undefined;
    at += takesNext ? 2 : 1;
  }
  return at;
}

function globalOptionAt(words: readonly string[]): Option | undefined {
  return optionNamed(globalOptions, words.at(-1) ?? '');
}

function optionNamed(table: OptionTable, word: string): Option | undefined {
  if (word.startsWith('--')) return table[word.slice(2).split('=', 1)[0] ?? ''];
  const letter = word.at(-1);
  return word.startsWith('-') ? Object.values(table).find(({ short }) => short === letter) : undefined;
}

function optionExpectingValue(words: readonly string[], command: Command): Option | undefined {
  const last = words.at(-1);
  if (last === undefined || !last.startsWith('-') || last.includes('=')) return undefined;
  const option = optionNamed(command.options, last);
  return option === undefined || option.kind === 'flag' ? undefined : option;
}

function countPositional(words: readonly string[], command: Command): number {
  let count = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (!word.startsWith('-')) count++;
    else if (optionExpectingValue([word], command) !== undefined) at++;
  }
  return count;
}

function values(option: Option | undefined, current: string): string[] {
  if (option?.choices !== undefined) return option.choices.filter((choice) => choice.startsWith(current));
  return [':files'];
}

function optionNames(table: OptionTable, current: string, context: CommandContext): string[] {
  return Object.entries(table)
    .filter(([, option]) => option.hidden !== true)
    .flatMap(([name, option]) => {
      const help = context.say(option.help).split('\n', 1)[0] ?? '';
      const short = option.short === undefined ? [] : [`-${option.short}`];
      return [`--${name}`, ...short].map((word) => `${word}\t${help}`);
    })
    .filter((line) => line.startsWith(current));
}

async function commandNames(
  typed: readonly string[],
  current: string,
  context: CommandContext,
): Promise<string[]> {
  const group = typed[0];
  if (typed.length > 1 || (group !== undefined && !groups.some(({ name }) => name === group))) return [];
  const prefix = group === undefined ? '' : `${group} `;
  const lines = await Promise.all(
    commands
      .filter((entry) => entry.hidden !== true)
      .flatMap((entry) =>
        entry.names
          .filter((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes(' '))
          .map((name) => ({ entry, word: name.slice(prefix.length) })),
      )
      .filter(({ word }) => word.startsWith(current))
      .map(async ({ entry, word }) => `${word}\t${context.say((await entry.load()).summary)}`),
  );
  if (group !== undefined) return lines;
  const groupLines = groups
    .filter(({ name }) => name.startsWith(current))
    .map(({ name, summary }) => `${name}\t${context.say(summary)}`);
  return [...lines, ...groupLines];
}

async function names(kind: Completion, current: string, context: CommandContext): Promise<string[]> {
  switch (kind) {
    case 'none':
      return [];
    case 'file':
      return [':files'];
    case 'image':
      return imageNames(current, context);
    case 'container':
      return containerNames(current, context, true);
    case 'running-container':
      return containerNames(current, context, false);
    case 'network':
      return networkNames(current, context);
    case 'volume':
      return volumeNames(current, context);
    default:
      return [...(await containerNames(current, context, true)), ...(await imageNames(current, context))];
  }
}

/** Names of images; their IDs only once something has been typed that may be one. */
async function imageNames(current: string, context: CommandContext): Promise<string[]> {
  const images = await (await context.images()).list({ all: false, filters: {} });
  return images.flatMap(({ RepoTags, Id }) => [
    ...RepoTags.filter((name) => name.startsWith(current)).map((name) => `${name}\t${shortId(Id)}`),
    ...(current !== '' && shortId(Id).startsWith(current) ? [`${shortId(Id)}\t${RepoTags[0] ?? ''}`] : []),
  ]);
}

async function networkNames(current: string, context: CommandContext): Promise<string[]> {
  const networks = await (await context.networks()).list();
  return networks
    .filter(({ Name }) => Name.startsWith(current))
    .map(({ Name, Driver }) => `${Name}\t${Driver}`);
}

async function volumeNames(current: string, context: CommandContext): Promise<string[]> {
  const volumes = await (await context.volumes()).list();
  return volumes
    .filter(({ Name }) => Name.startsWith(current))
    .map(({ Name, Driver }) => `${Name}\t${Driver}`);
}

async function containerNames(current: string, context: CommandContext, all: boolean): Promise<string[]> {
  const engine = await context.containers();
  const containers = await engine.list({ all, filters: {}, limit: 0, size: false });
  return containers.flatMap(({ Names, Id, Image }) => [
    ...Names.map((name) => name.replace(/^\//, ''))
      .filter((name) => name.startsWith(current))
      .map((name) => `${name}\t${Image}`),
    ...(current !== '' && shortId(Id).startsWith(current) ? [`${shortId(Id)}\t${Image}`] : []),
  ]);
}
