import type { OutputPort } from '../output/io.ts';
import { escapeControl } from '../table/escape-control.ts';
import type { Progress } from './progress.ts';

/** Every event that is more than bytes, as a line: what Docker's client prints where there is no terminal. */
export function createStepLines(stream: OutputPort): Progress {
  return {
    onProgress({ id, status, current }) {
      if (current !== undefined) return;
      void stream.write(`${escapeControl(id === '' ? status : `${id}: ${status}`)}\n`);
    },
    advance() {},
    expect() {},
    [Symbol.dispose]() {},
  };
}
