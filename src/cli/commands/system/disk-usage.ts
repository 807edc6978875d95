import type { ContainerSummary } from '../../../engine/ports/container-engine.ts';
import type { ApiObject } from '../../../engine/ports/common.ts';
import type { VolumeUsage } from '../../../engine/ports/volume-engine.ts';
import type { DiskUsage } from '../../../engine/ports/system-engine.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { alignColumns } from '../../table/columns.ts';
import { formatRows, type TableDefinition } from '../../table/format-rows.ts';
import { humanSize } from '../../table/units.ts';
import { containerTable } from '../container/container-table.ts';
import { imageRows, imageTable } from '../image/image-table.ts';
import { formatValueOrJson } from '../format-value-or-json.ts';
import { volumeTable } from '../volume/list.ts';
import { tableFormat } from '../shared-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: { en: 'Show lamella disk usage', zh: '显示 Lamella 的磁盘用量' },
  examples: [
    {
      command: 'lamella system df -v',
      note: { en: 'By image, container and folder', zh: '按镜像、容器和目录显示' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    format: tableFormat(),
    verbose: flag(
      { en: 'Show detailed information on space usage', zh: '显示详细的空间用量' },
      { short: 'v' },
    ),
  },
  async run({ options, context }) {
    const usage = await (await context.system()).diskUsage();
    if (options.verbose) {
      const now = context.io.now();
      const { format } = options;
      await context.io.stdout.write(
        format === undefined || format === 'table'
          ? formatVerbose(usage, now)
          : `${formatValueOrJson(verboseValue(usage, now), format)}\n`,
      );
      return;
    }
    const format =
      options.format === undefined || options.format === 'table'
        ? 'table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}'
        : options.format;
    await context.io.stdout.write(formatRows(usageTable, usageRows(usage), { format }));
  },
});

interface UsageRow {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  readonly size: number;
  readonly reclaimable: number;
}

const usageTable: TableDefinition<UsageRow> = {
  goType: '*formatter.diskUsageImagesContext',
  columns: [
    { name: 'Type', header: 'TYPE', value: ({ type }) => type },
    { name: 'TotalCount', header: 'TOTAL', value: ({ total }) => String(total) },
    { name: 'Active', header: 'ACTIVE', value: ({ active }) => String(active) },
    { name: 'Size', header: 'SIZE', value: ({ size }) => humanSize(size) },
    {
      name: 'Reclaimable',
      header: 'RECLAIMABLE',
      value: ({ size, reclaimable }) => {
        const share = size > 0 ? ` (${Math.floor((reclaimable / size) * 100)}%)` : '';
        return humanSize(reclaimable) + share;
      },
    },
  ],
};

function usageRows({ images, containers, volumes, layersSize, reclaimable }: DiskUsage): UsageRow[] {
  const running = (container: ContainerSummary): boolean =>
    container.State !== 'exited' && container.State !== 'created';
  const used = containers.reduce((sum, { SizeRw = 0 }) => sum + SizeRw, 0);
  return [
    {
      type: 'Images',
      total: images.length,
      active: images.filter(({ Containers }) => Containers > 0).length,
      size: layersSize,
      reclaimable: reclaimable.images,
    },
    {
      type: 'Containers',
      total: containers.length,
      active: containers.filter(running).length,
      size: used,
      reclaimable: reclaimable.containers,
    },
    {
      type: 'Local Volumes',
      total: volumes.length,
      active: volumes.filter(({ UsageData }) => UsageData.RefCount > 0).length,
      size: volumes.reduce((sum, { UsageData }) => sum + Math.max(UsageData.Size, 0), 0),
      reclaimable: reclaimable.volumes,
    },
    // Docker's row for what is not told apart yet: scripts count on it.
    { type: 'Build Cache', total: 0, active: 0, size: 0, reclaimable: 0 },
  ];
}

/** What `--format` sees with `-v`: Docker's four lists, each row as its own table has it. */
function verboseValue({ images, containers, volumes }: DiskUsage, now: number): ApiObject {
  return {
    Images: rowObjects(
      imageTable({ now, noTruncate: true }),
      images.flatMap((image) => imageRows([image], { digests: false }).slice(0, 1)),
    ),
    Containers: rowObjects(containerTable({ now, noTruncate: true }), containers),
    Volumes: rowObjects(usedVolumeTable, volumes),
    BuildCache: [],
  };
}

function rowObjects<Row>({ columns }: TableDefinition<Row>, rows: readonly Row[]): ApiObject[] {
  return rows.map((row) =>
    Object.fromEntries(
      columns
        .filter(({ hidden }) => hidden !== true)
        .map(({ name, value }): [string, string | null] => [name, value(row)])
        .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    ),
  );
}

const usedVolumeTable = volumeTable<VolumeUsage>({
  links: ({ UsageData }) => String(UsageData.RefCount),
  size: ({ UsageData }) => (UsageData.Size < 0 ? 'N/A' : humanSize(UsageData.Size)),
});

function formatVerbose({ images, containers, volumes, folders }: DiskUsage, now: number): string {
  const imageLines = formatRows(
    imageTable({ now, noTruncate: false }),
    // Docker shows an image once here, under its first name.
    images.flatMap((image) => imageRows([image], { digests: false }).slice(0, 1)),
    {
      format:
        'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.VirtualSize}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}',
    },
  );
  const containerLines = formatRows(containerTable({ now, noTruncate: false }), containers, {
    format:
      'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}',
  });
  const folderLines = alignColumns(
    ['FOLDER\tSIZE', ...folders.map(({ name, bytes }) => `${name}\t${humanSize(bytes)}`)].join('\n'),
  );
  return [
    'Images space usage:',
    imageLines,
    'Containers space usage:',
    containerLines,
    'Local Volumes space usage:',
    formatRows(usedVolumeTable, volumes, { format: 'table {{.Name}}\t{{.Links}}\t{{.Size}}' }),
    'Build cache usage: 0B',
    `${alignColumns('CACHE ID\tCACHE TYPE\tSIZE\tCREATED\tLAST USED\tUSAGE\tSHARED')}\n`,
    'Folders of the store:',
    `${folderLines}\n`,
  ]
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n');
}
