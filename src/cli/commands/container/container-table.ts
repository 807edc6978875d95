import type { ContainerSummary } from '../../../engine/ports/container-engine.ts';
import { quoteGo } from '../../template/format-value.ts';
import { goTime } from '../../output/local-time.ts';
import { ellipsis, shortId } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import type { TableDefinition } from '../../table/format-rows.ts';
import { humanDuration } from '../../../oci/human-duration.ts';
import { humanSize } from '../../table/units.ts';

import { portsText } from './port-text.ts';

/** What `ps --format` can name (docker/cli formatter.ContainerContext). */
export function containerTable({
  now,
  noTruncate,
}: {
  /** Milliseconds since 1970. */
  now: number;
  noTruncate: boolean;
}): TableDefinition<ContainerSummary> {
  return {
    goType: '*formatter.ContainerContext',
    labels: ({ Labels }) => Labels,
    columns: [
      { name: 'ID', header: 'CONTAINER ID', value: ({ Id }) => (noTruncate ? Id : shortId(Id)) },
      {
        name: 'Names',
        header: 'NAMES',
        value: ({ Names }) => Names.map((name) => escapeControl(name.replace(/^\//, ''))).join(','),
      },
      { name: 'Image', header: 'IMAGE', value: (container) => imageName(container, noTruncate) },
      {
        name: 'Command',
        header: 'COMMAND',
        value: ({ Command }) => escapeControl(quoteGo(noTruncate ? Command : ellipsis(Command, 20))),
      },
      { name: 'CreatedAt', header: 'CREATED AT', value: ({ Created }) => goTime(Created) },
      {
        name: 'RunningFor',
        header: 'CREATED',
        value: ({ Created }) => `${humanDuration(now - Created * 1000)} ago`,
      },
      { name: 'Platform', header: 'PLATFORM', value: () => null },
      {
        name: 'Ports',
        header: 'PORTS',
        value: ({ Ports }) => portsText(Ports),
      },
      { name: 'State', header: 'STATE', value: ({ State }) => State },
      { name: 'Status', header: 'STATUS', value: ({ Status }) => Status },
      { name: 'Size', header: 'SIZE', value: sizeText },
      {
        name: 'Labels',
        header: 'LABELS',
        value: ({ Labels }) =>
          Object.entries(Labels)
            .map(([key, value]) => escapeControl(`${key}=${value}`))
            .toSorted()
            .join(','),
      },
      { name: 'Mounts', header: 'MOUNTS', value: ({ Mounts }) => mountNames(Mounts, noTruncate).join(',') },
      {
        name: 'LocalVolumes',
        header: 'LOCAL VOLUMES',
        value: ({ Mounts }) => String(Mounts.filter((mount) => mount['Driver'] === 'local').length),
      },
      { name: 'Networks', header: 'NETWORKS', value: ({ Networks }) => Networks.join(',') },
    ],
  };
}

/** The columns of a plain `ps`. */
export function containerTableFormat(size: boolean): string {
  const columns = ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'];
  return `table ${[...columns, ...(size ? ['Size'] : [])].map((name) => `{{.${name}}}`).join('\t')}`;
}

function imageName({ Image, ImageID }: ContainerSummary, noTruncate: boolean): string {
  if (Image === '') return '<no image>';
  if (noTruncate) return escapeControl(Image);
  // A container whose image lost its name shows the image's ID, cut as IDs are.
  if (Image === ImageID || /^sha256:[0-9a-f]{64}$/.test(Image)) return shortId(Image);
  return escapeControl(Image);
}

function sizeText({ SizeRw = 0, SizeRootFs = 0 }: ContainerSummary): string {
  const own = humanSize(SizeRw, 3);
  return SizeRootFs > 0 ? `${own} (virtual ${humanSize(SizeRootFs, 3)})` : own;
}

function mountNames(mounts: ContainerSummary['Mounts'], noTruncate: boolean): string[] {
  return mounts.map((mount) => {
    const name = textOf(mount['Name']) || textOf(mount['Source']);
    return escapeControl(noTruncate ? name : ellipsis(name, 15));
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
