import type { RemoteTag } from '../../../engine/ports/registry-engine.ts';
import { mediaTypes } from '../../../oci/media-types.ts';
import { humanDuration } from '../../../oci/human-duration.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, integer } from '../../arguments/options.ts';
import { goTime } from '../../output/local-time.ts';
import { shortId } from '../../table/ellipsis.ts';
import { displayWidth } from '../../table/display-width.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { formatRowsAsTheyCome, type RowFormatter } from '../../table/format-rows-as-they-come.ts';
import type { TableDefinition } from '../../table/format-rows.ts';
import { humanSize } from '../../table/units.ts';
import { checkReference } from '../client-reference.ts';
import { noTruncate, tableFormat } from '../shared-options.ts';

const table = 'table {{.Tag}}\t{{.Digest}}\t{{.Size}}\t{{.CreatedSince}}\t{{.Platforms}}';

export const command: Command = defineCommand({
  usage: '[OPTIONS] NAME',
  summary: { en: 'List the tags that an image has at its registry', zh: '列出仓库中某个镜像的所有标签' },
  examples: [
    { command: 'lamella tags debian', note: { en: 'The newest version first', zh: '新版本在前' } },
    {
      command: "lamella tags --limit 1 --format '{{.Tag}}' debian",
      note: { en: 'Only the newest one', zh: '只显示最新的标签' },
    },
  ],
  arity: exactly(1),
  completion: 'image',
  options: {
    format: tableFormat(),
    limit: integer({ en: 'Show at most so many', zh: '最多显示的标签数' }),
    'no-trunc': noTruncate(),
    quiet: flag({ en: 'Only show tags', zh: '只显示标签' }, { short: 'q' }),
  },
  async run({ options, args: [name = ''], context }) {
    checkReference(name);
    const wanted = context.json ? 'json' : (options.format ?? 'table');
    // What programs read can be given back: to pull it by its digest, for one.
    const noTruncate = options['no-trunc'] || wanted !== 'table';
    const definition = tagTable({ now: context.io.now(), noTruncate });
    const format = options.quiet ? '{{.Tag}}' : wanted === 'table' ? table : wanted;
    const engine = await context.registry();
    const { limit } = options;
    let rows: RowFormatter<RemoteTag> | undefined;
    let failure: unknown;
    const begin = (names: readonly string[]): void => {
      try {
        const widest = widestOf(limit ? names.slice(0, limit) : names, context.io.now());
        rows = formatRowsAsTheyCome(definition, widest, { format });
        void context.io.stdout.write(rows.head);
      } catch (error) {
        failure = error;
      }
    };
    let shown = 0;
    for await (const tag of engine.tags(name, { signal: context.io.signal, onNames: begin })) {
      if (failure !== undefined) throw failure;
      await context.io.stdout.write(rows?.row(tag) ?? '');
      shown += 1;
      if (shown === limit) break;
    }
    if (failure !== undefined) throw failure;
  },
});

/** A row that needs as much room as any is likely to: only the names are known before each tag has been looked up. */
function widestOf(names: readonly string[], now: number): RemoteTag {
  const widthOf = (name: string): number => displayWidth(escapeControl(name));
  return {
    name: names.reduce((widest, name) => (widthOf(name) > widthOf(widest) ? name : widest), ''),
    digest: `sha256:${'0'.repeat(64)}`,
    mediaType: mediaTypes.dockerManifestList,
    size: 999_900_000,
    created: now - 11 * 30 * 24 * 3_600_000,
    platforms: ['linux/amd64'],
  };
}

function tagTable({ now, noTruncate }: { now: number; noTruncate: boolean }): TableDefinition<RemoteTag> {
  const age = (created: number): string => `${humanDuration(now - created)} ago`;
  return {
    goType: '*formatter.tagContext',
    columns: [
      { name: 'Tag', header: 'TAG', value: ({ name }) => escapeControl(name) },
      { name: 'Digest', header: 'DIGEST', value: ({ digest }) => (noTruncate ? digest : shortId(digest)) },
      { name: 'Size', header: 'SIZE', value: ({ size }) => humanSize(size) },
      {
        name: 'CreatedSince',
        header: 'CREATED',
        value: ({ created }) => (created === undefined ? '' : age(created)),
      },
      {
        name: 'CreatedAt',
        header: 'CREATED AT',
        value: ({ created }) => (created === undefined ? '' : goTime(Math.floor(created / 1000))),
      },
      {
        name: 'Platforms',
        header: 'PLATFORMS',
        value: ({ platforms }) => escapeControl(platforms.join(', ')),
      },
      { name: 'MediaType', header: 'MEDIA TYPE', value: ({ mediaType }) => escapeControl(mediaType) },
    ],
  };
}
