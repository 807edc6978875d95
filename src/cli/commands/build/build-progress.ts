import type { BuildEvent, BuildStep } from '../../../engine/ports/build-engine.ts';
import { escapeControl } from '../../table/escape-control.ts';

/** Lines of a build, as BuildKit's plain progress has them: a step's number, and what it says. */
export interface BuildLines {
  event(event: BuildEvent): string;
}

/**
 * Turns what happens into lines. Where another step takes over while one is still at work, a blank line and its name stand
 * between them.
 *
 * @param now milliseconds, of any clock
 */
export function createBuildLines(now: () => number): BuildLines {
  const begun = new Map<number, number>();
  const unfinished = new Map<number, string>();
  let last = 0;

  function head({ number, name }: BuildStep): string {
    if (last === number) return '';
    const blank = last === 0 ? '' : '\n';
    last = number;
    return `${blank}#${number} ${escapeControl(name)}\n`;
  }

  function outputLines(step: BuildStep, bytes: Uint8Array, isEnd: boolean): string {
    const text = (unfinished.get(step.number) ?? '') + Buffer.from(bytes).toString('utf8');
    const lines = text.split('\n');
    const rest = isEnd ? '' : (lines.pop() ?? '');
    unfinished.set(step.number, rest);
    const seconds = ((now() - (begun.get(step.number) ?? now())) / 1000).toFixed(3);
    return lines
      .filter((line, index) => !isEnd || line !== '' || index < lines.length - 1)
      .map((line) => `#${step.number} ${seconds} ${printable(line)}\n`)
      .join('');
  }

  return {
    event(event) {
      const { step } = event;
      if (event.kind === 'started') begun.set(step.number, now());
      const begin = head(step);
      const prefix = `#${step.number} `;
      switch (event.kind) {
        case 'started':
          return begin;
        case 'output':
          return begin + outputLines(step, event.bytes, false);
        case 'done': {
          const rest = outputLines(step, Buffer.alloc(0), true);
          return `${begin}${rest}${prefix}${event.cached ? 'CACHED' : `DONE ${event.seconds.toFixed(1)}s`}\n`;
        }
        default: {
          const rest = outputLines(step, Buffer.alloc(0), true);
          return `${begin}${rest}${prefix}ERROR: ${escapeControl(event.message)}\n`;
        }
      }
    },
  };
}

/** A carriage return begins the line anew; nothing that a process prints moves the cursor. */
function printable(line: string): string {
  const shown = line.replace(/\r$/, '').split('\r').at(-1) ?? '';
  return escapeControl(shown);
}
