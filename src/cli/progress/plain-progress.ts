import { escapeControl } from '../table/escape-control.ts';
import type { CommandContext } from '../output/context.ts';
import type { Progress } from './progress.ts';

/** A line whenever a part's state changes, never for bytes: made for logs. */
export function createPlainProgress(context: CommandContext): Progress {
  const states = new Map<string, string>();
  return {
    onProgress({ id, status }) {
      if (states.get(id) === status) return;
      states.set(id, status);
      const line = escapeControl(id === '' ? status : `${id}: ${status}`);
      void context.io.stderr.write(`${line}\n`);
    },
    advance() {},
    expect() {},
    [Symbol.dispose]() {},
  };
}
