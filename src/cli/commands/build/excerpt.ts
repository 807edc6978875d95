import type { SourceRange } from '../../../engine/ports/build-engine.ts';
import { escapeControl } from '../../table/escape-control.ts';

const around = 3;
const rule = '--------------------';

/** The lines of a Dockerfile that an error is about, marked, with those around them, as BuildKit shows them. */
export function formatExcerpt(name: string, text: string, { start, end }: SourceRange): string {
  const lines = text.split(/\r?\n/);
  const last = Math.min(lines.length, end + around);
  const shown = lines.slice(Math.max(0, start - 1 - around), last).map((line, index) => {
    const number = Math.max(1, start - around) + index;
    const mark = number >= start && number <= end ? '>>>' : '   ';
    return `${String(number).padStart(4)} | ${mark} ${escapeControl(line)}`;
  });
  return [`${name}:${start}`, rule, ...shown, rule].join('\n');
}
