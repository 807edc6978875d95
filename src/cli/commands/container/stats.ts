import { setTimeout as delay } from 'node:timers/promises';
import { isLamellaError } from '../../../base/errors.ts';
import type { ContainerEngine, ContainerStats } from '../../../engine/ports/container-engine.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { atLeast } from '../../arguments/arity.ts';
import { flag } from '../../arguments/options.ts';
import { isTermination } from '../../output/io.ts';
import { formatRows } from '../../table/format-rows.ts';
import { noTruncate, tableFormat } from '../shared-options.ts';
import { statsTable, statsTableFormat, type StatsRow } from './stats-table.ts';

/** Milliseconds between two looks; the processor's time is counted in steps of 10. */
const interval = { stream: 1000, once: 400 };
const cursorHome = '\u001B[H';
const eraseLine = '\u001B[K';
const eraseBelow = '\u001B[J';

export const command: Command = defineCommand({
  usage: '[OPTIONS] [CONTAINER...]',
  summary: {
    en: 'Display a live stream of container(s) resource usage statistics',
    zh: '持续显示容器的资源使用情况',
  },
  examples: [
    {
      command: 'lamella stats --no-stream --format "{{.Name}}: {{.MemUsage}}"',
      note: { en: 'What they take at the moment', zh: '查看当前占用' },
    },
  ],
  arity: atLeast(0),
  completion: 'running-container',
  options: {
    all: flag(
      { en: 'Show all containers (default shows just running)', zh: '显示所有容器（默认只显示运行中的）' },
      { short: 'a' },
    ),
    format: tableFormat(),
    'no-stream': flag({
      en: 'Disable streaming stats and only pull the first result',
      zh: '不持续显示，只取一次结果',
    }),
    'no-trunc': noTruncate(),
  },
  async run({ options, args, context }) {
    const engine = await context.containers();
    const table = statsTable({ noTruncate: options['no-trunc'] });
    const tableWanted = options.format === undefined || options.format === 'table';
    const format = tableWanted ? statsTableFormat : (options.format ?? '');
    const { stdout, signal } = context.io;
    let before = await look(engine, args, options.all);
    for (;;) {
      await delay(options['no-stream'] ? interval.once : interval.stream, undefined, { signal }).catch(
        () => {},
      );
      if (signal.aborted) return isTermination(signal.reason) ? 143 : 130;
      const now = await look(engine, args, options.all, before);
      const text = formatRows(table, rows(now, before), { format });
      await stdout.write(options['no-stream'] || !stdout.isTerminal ? text : overwriting(text));
      if (options['no-stream']) return 0;
      before = now;
    }
  },
});

/** By what each is called here: the name as it was written, or the ID. */
type Look = ReadonlyMap<string, ContainerStats>;

/** @param before the last look: what has gone since is left out, where at first it is an error */
async function look(
  engine: ContainerEngine,
  names: readonly string[],
  all: boolean,
  before?: Look,
): Promise<Look> {
  const targets = names.length > 0 ? names : (await engine.list({ all })).map(({ Id }) => Id);
  const found = await Promise.all(
    targets.map(async (name): Promise<[string, ContainerStats][]> => {
      try {
        return [[name, await engine.stats(name)]];
      } catch (error) {
        const wasThere = names.length === 0 || before !== undefined;
        if (wasThere && isLamellaError(error, 'not-found')) return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}

function rows(now: Look, before: Look): StatsRow[] {
  return [...now].map(([container, stats]) => ({
    container,
    now: stats,
    before: before.get(container) ?? stats,
  }));
}

/** Over what was there before, without the flicker of a screen that is emptied first. */
function overwriting(text: string): string {
  return `${cursorHome}${text.replaceAll('\n', `${eraseLine}\n`)}${eraseBelow}`;
}
