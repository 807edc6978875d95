import type { TagMove } from '../../../engine/ports/image-engine.ts';
import { alignColumns } from '../../table/columns.ts';
import { shortId } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { humanDuration } from '../../../oci/human-duration.ts';

/** The moves of a tag, newest first: `REF@{n}`, from, to, by which command, when and by whom. */
export function formatTagLog(moves: readonly TagMove[], { now }: { now: number }): string {
  const id = (image: string | undefined): string => (image === undefined ? '-' : shortId(image));
  const lines = moves.map((move) =>
    [
      `${move.name}@{${move.index}}`,
      id(move.to),
      id(move.from),
      move.command,
      `${humanDuration(now - move.at)} ago`,
      move.who,
    ]
      .map(escapeControl)
      .join('\t'),
  );
  return `${alignColumns(['NAME\tIMAGE ID\tBEFORE\tCOMMAND\tWHEN\tWHO', ...lines].join('\n'))}\n`;
}
