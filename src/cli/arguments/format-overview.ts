import { commands, groups, type CommandEntry } from '../commands/registry.ts';
import { fill, messages } from '../languages/messages.ts';
import type { Text } from '../languages/text.ts';
import { displayWidth } from '../table/display-width.ts';
import { formatOptions, type HelpOptions } from './format-help.ts';
import { globalOptions } from './global-options.ts';

const tagline: Text = {
  en: 'Container images end to end: import, keep, change and run them, without a daemon',
  zh: '容器镜像全流程：导入、保存、修改并运行镜像，无需守护进程',
};

interface Line {
  readonly name: string;
  readonly summary: string;
}

/** `lamella --help` */
export async function formatOverview(program: string, options: HelpOptions): Promise<string> {
  const { language } = options;
  const common = await describe(
    commands.filter((entry) => entry.common === true),
    language,
  );
  const others = await describe(
    commands.filter((entry) => entry.top !== undefined && entry.common !== true),
    language,
  );
  const management = groups.map(({ name, summary }) => ({ name, summary: summary[language] }));
  const sections = [
    `${messages.usage[language]}  ${program} [OPTIONS] COMMAND`,
    tagline[language],
    section(messages.commonCommands[language], common),
    section(messages.managementCommands[language], management),
    section(
      messages.commands[language],
      others.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ),
    `${messages.globalOptions[language]}\n${formatOptions(globalOptions, options)}`,
    fill(messages.runCommandHelp[language], program),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** `lamella image --help` */
export async function formatGroupHelp(program: string, group: string, options: HelpOptions): Promise<string> {
  const { language } = options;
  const members = commands
    .filter((entry) => entry.names[0]?.startsWith(`${group} `) === true)
    .map((entry) => ({ ...entry, top: entry.names[0]?.slice(group.length + 1) ?? '' }));
  const lines = await describe(members, language);
  const summary = groups.find(({ name }) => name === group)?.summary[language] ?? '';
  const sections = [
    `${messages.usage[language]}  ${program} ${group} COMMAND`,
    summary,
    section(
      messages.commands[language],
      lines.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ),
    fill(messages.runCommandHelp[language], `${program} ${group}`),
  ];
  return `${sections.join('\n\n')}\n`;
}

async function describe(
  entries: readonly CommandEntry[],
  language: HelpOptions['language'],
): Promise<Line[]> {
  return Promise.all(
    entries.map(async (entry) => ({
      name: entry.top ?? entry.names[0] ?? '',
      summary: (await entry.load()).summary[language],
    })),
  );
}

function section(title: string, lines: readonly Line[]): string {
  const widest = Math.max(11, ...lines.map(({ name }) => displayWidth(name)));
  return [title, ...lines.map(({ name, summary }) => `  ${name.padEnd(widest)} ${summary}`)].join('\n');
}
