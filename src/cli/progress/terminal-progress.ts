import type { ProgressEvent } from '../../engine/ports/common.ts';
import type { CommandContext } from '../output/context.ts';
import type { OutputPort } from '../output/io.ts';
import { takesColours, dim } from '../output/style.ts';
import { ellipsis } from '../table/ellipsis.ts';
import { escapeControl } from '../table/escape-control.ts';
import { layerLine } from './layer-line.ts';
import { overallLine } from './overall-line.ts';
import type { Progress } from './progress.ts';
import { createTransferCount } from './transfer-count.ts';

/** Milliseconds between two drawings. */
const interval = 100;
/** Parts shown at once; finished ones make room first. What is left standing shows all of them. */
const mostLines = 16;

/** One line for the whole above Docker's line for each layer, drawn over and over in place. */
export function createTerminalProgress(
  context: CommandContext,
  total: number | undefined,
  stream: OutputPort = context.io.stderr,
): Progress {
  const { io } = context;
  const transfer = createTransferCount();
  const started = io.now();
  const parts = new Map<string, ProgressEvent>();
  const colours = takesColours(io, stream);
  let done = 0;
  let drawn = 0;
  let last = 0;

  const draw = (force: boolean, most = mostLines): void => {
    const now = io.now();
    if (!force && now - last < interval) return;
    last = now;
    const width = (stream.columns ?? 80) - 1;
    const whole = transfer.whole ?? wholeOf(parts, { done, total });
    const head = overallLine(whole, now - started, context.language);
    const lines = [
      ...(whole.done === 0 ? [] : [colours ? dim(ellipsis(head, width)) : ellipsis(head, width)]),
      ...shown(parts, most).map((part) => ellipsis(escapeControl(layerLine(part, width)), width)),
    ];
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`;
    void stream.write(`${up}\r${lines.map((line) => `\u001B[2K${line}\n`).join('')}\u001B[J`);
    drawn = lines.length;
  };

  return {
    onProgress(event) {
      transfer.see(event);
      const known = parts.get(event.id);
      parts.set(event.id, event);
      draw(known?.status !== event.status);
    },
    advance(bytes) {
      done += bytes;
      draw(false);
    },
    expect(bytes) {
      transfer.expect(bytes);
    },
    [Symbol.dispose]() {
      // Once: what is printed below afterwards must not be drawn over. What comes then is drawn below that.
      if (parts.size > 0 || drawn > 0) draw(true, Infinity);
      drawn = 0;
      parts.clear();
    },
  };
}

interface Whole {
  readonly done: number;
  readonly total: number | undefined;
}

/** What passes through the command itself where it counts, else the sum of the parts. */
function wholeOf(parts: ReadonlyMap<string, ProgressEvent>, counted: Whole): Whole {
  if (counted.done > 0) return counted;
  let done = 0;
  let total: number | undefined = 0;
  for (const { current, total: size } of parts.values()) {
    done += current ?? 0;
    total = size === undefined || total === undefined ? undefined : total + size;
  }
  return { done, total };
}

function shown(parts: ReadonlyMap<string, ProgressEvent>, most: number): ProgressEvent[] {
  const all = [...parts.values()];
  if (all.length <= most) return all;
  const isBusy = ({ current, total }: ProgressEvent): boolean => current !== undefined && current !== total;
  const busy = all.filter(isBusy).slice(-most);
  const others = all.filter((part) => !isBusy(part)).slice(busy.length - most);
  const kept = new Set(busy.length < most ? [...busy, ...others] : busy);
  return all.filter((part) => kept.has(part));
}
