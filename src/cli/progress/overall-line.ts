import type { Language, Text } from '../languages/text.ts';
import { fill } from '../languages/messages.ts';
import { humanSize } from '../table/units.ts';

const texts: Readonly<Record<'known' | 'unknown', Text>> = {
  known: { en: 'Total %s/%s (%s%)  %s/s  %s left', zh: '总计 %s/%s（%s%）  %s/秒  剩余 %s' },
  unknown: { en: 'Total %s  %s/s', zh: '总计 %s  %s/秒' },
};

/** The line for the whole: how much of how much, how fast, how long yet. */
export function overallLine(
  { done, total }: { done: number; total: number | undefined },
  milliseconds: number,
  language: Language,
): string {
  const speed = done / Math.max(milliseconds / 1000, 0.001);
  if (total === undefined || total < done || total === 0) {
    return fill(texts.unknown[language], humanSize(done), humanSize(speed, 3));
  }
  const left = speed > 0 ? Math.ceil((total - done) / speed) : 0;
  const percent = String(Math.floor((done / total) * 100));
  return fill(
    texts.known[language],
    humanSize(done),
    humanSize(total),
    percent,
    humanSize(speed, 3),
    clock(left),
  );
}

function clock(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m${seconds % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
