import type { ProgressEvent } from '../../engine/ports/common.ts';
import { humanSize } from '../table/units.ts';

/** A part's line as Docker draws it: `eee818b3a39e: Loading layer [====>      ]  12.3MB/274.6MB`. */
export function layerLine({ id, status, current, total }: ProgressEvent, width: number): string {
  const start = id === '' ? status : `${id}: ${status}`;
  if (current === undefined) return start;
  const now = humanSize(current, 4).padStart(8);
  if (total === undefined || total <= 0) return `${start} ${now}`;
  const numbers = `${now}/${humanSize(total, 4)}`;
  if (width < 110) return `${start} ${numbers}`;
  const full = Math.min(50, Math.floor((current / total) * 50));
  const head = full < 50 ? '>' : '';
  return `${start} [${'='.repeat(full)}${head}${' '.repeat(50 - full - head.length)}] ${numbers}`;
}
