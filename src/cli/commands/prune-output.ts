import { filter, flag, type FilterOption, type FlagOption } from '../arguments/options.ts';
import { messages } from '../languages/messages.ts';
import type { Text } from '../languages/text.ts';
import type { CommandContext } from '../output/context.ts';
import { humanSize } from '../table/units.ts';

export function untilFilter(): FilterOption {
  return filter({
    en: 'Provide filter values (e.g. "until=<timestamp>")',
    zh: '指定过滤条件（例如 "until=<timestamp>"）',
  });
}

export function forceOption(): FlagOption {
  return flag({ en: 'Do not prompt for confirmation', zh: '不提示确认' }, { short: 'f' });
}

export function dryRunOption(): FlagOption {
  return flag({
    en: 'Print what would be removed, and remove nothing',
    zh: '只显示将删除的内容，不实际删除',
  });
}

const headings: Readonly<Record<'Containers' | 'Networks' | 'Volumes' | 'Images', Text>> = {
  Containers: { en: 'Would delete containers:', zh: '将删除的容器：' },
  Networks: { en: 'Would delete networks:', zh: '将删除的网络：' },
  Volumes: { en: 'Would delete volumes:', zh: '将删除的卷：' },
  Images: { en: 'Would delete images:', zh: '将删除的镜像：' },
};

/** The names of what went, or would go, under a heading; nothing for none. */
export async function printRemoved(
  context: CommandContext,
  what: keyof typeof headings,
  names: readonly string[],
  { dryRun }: { dryRun: boolean },
): Promise<void> {
  if (names.length === 0) return;
  const heading = dryRun ? context.say(headings[what]) : `Deleted ${what}:`;
  await context.print(`${heading}\n${names.join('\n')}\n`);
}

export async function printReclaimed(
  context: CommandContext,
  bytes: number,
  { dryRun }: { dryRun: boolean },
): Promise<void> {
  await context.print(context.say(dryRun ? messages.wouldReclaim : messages.reclaimed, humanSize(bytes)));
}

/** `untagged: …` and `deleted: …`, as `image rm` prints them. */
export function removalLineText(line: { readonly Untagged: string } | { readonly Deleted: string }): string {
  return 'Deleted' in line ? `deleted: ${line.Deleted}` : `untagged: ${line.Untagged}`;
}
