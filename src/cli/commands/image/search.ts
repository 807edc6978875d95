import type { SearchResult } from '../../../engine/ports/registry-engine.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { filter, integer } from '../../arguments/options.ts';
import { ellipsis } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { formatRows, type TableDefinition } from '../../table/format-rows.ts';
import { noTruncate, tableFormat } from '../shared-options.ts';

const defaultLimit = 25;
const table = 'table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}';

/** Docker's words, for any value. */
const automatedIsDeprecated =
  'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.';

export const command: Command = defineCommand({
  usage: '[OPTIONS] TERM',
  summary: {
    en: 'Search Docker Hub, or another registry, for images',
    zh: '在 Docker Hub 或其他仓库中搜索镜像',
  },
  examples: [
    {
      command: 'lamella search nginx',
      note: { en: 'The exact name first, then by stars', zh: '同名镜像在前，其余按星数排列' },
    },
    {
      command: 'lamella search --filter is-official=true --limit 5 redis',
      note: { en: 'Only official images', zh: '只列出官方镜像' },
    },
    {
      command: 'lamella search registry.example.com:5000/app',
      note: { en: 'In another registry', zh: '在其他仓库中搜索' },
    },
  ],
  arity: exactly(1),
  completion: 'none',
  options: {
    filter: filter(
      { en: 'Filter output based on conditions provided', zh: '按条件过滤输出' },
      { short: 'f' },
    ),
    format: tableFormat(),
    limit: integer({ en: 'Max number of search results', zh: '最多显示的结果数' }, { default: defaultLimit }),
    'no-trunc': noTruncate(),
  },
  async run({ options, args: [term = ''], context }) {
    if (options.filter['is-automated'] !== undefined) await context.warn(automatedIsDeprecated);
    const engine = await context.registry();
    const results = await engine.search(term, {
      filters: options.filter,
      limit: options.limit || defaultLimit,
      signal: context.io.signal,
    });
    const wanted = context.json ? 'json' : (options.format ?? 'table');
    const format = wanted === 'table' ? table : wanted;
    const json = format === 'json' || format === '{{json .}}';
    await context.io.stdout.write(
      formatRows(searchTable({ noTruncate: options['no-trunc'], json }), results, { format }),
    );
  },
});

/** What `search --format` can name (docker/cli formatter.searchContext). */
function searchTable({
  noTruncate,
  json,
}: {
  noTruncate: boolean;
  json: boolean;
}): TableDefinition<SearchResult> {
  const mark = (is: boolean): string => (json ? String(is) : is ? '[OK]' : '');
  const describe = (text: string): string => {
    const line = escapeControl(text.replaceAll(/[\r\n]/g, ' '));
    return noTruncate ? line : ellipsis(line, 45);
  };
  return {
    goType: '*registry.searchContext',
    columns: [
      { name: 'Name', header: 'NAME', value: ({ name }) => escapeControl(name) },
      { name: 'Description', header: 'DESCRIPTION', value: ({ description }) => describe(description) },
      { name: 'StarCount', header: 'STARS', value: ({ stars }) => String(stars) },
      { name: 'IsOfficial', header: 'OFFICIAL', value: ({ isOfficial }) => mark(isOfficial) },
      {
        name: 'IsAutomated',
        header: 'AUTOMATED',
        value: ({ isAutomated }) => mark(isAutomated),
        // Docker has dropped it; only who asks for it by name gets it.
        hidden: true,
      },
    ],
  };
}
