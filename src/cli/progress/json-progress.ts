import type { CommandContext } from '../output/context.ts';
import type { Progress } from './progress.ts';

/** One JSON object a line, for programs: every event, and every tenth of a second how much has passed. */
export function createJsonProgress(context: CommandContext, total: number | undefined): Progress {
  let done = 0;
  let last = 0;
  let expected = 0;
  const print = (event: object): void => void context.io.stderr.write(`${JSON.stringify(event)}\n`);
  return {
    onProgress: (event) => print(event),
    advance(bytes) {
      done += bytes;
      if (context.io.now() - last < 100 && done !== total) return;
      last = context.io.now();
      print({ id: '', status: 'overall', current: done, ...(total === undefined ? {} : { total }) });
    },
    expect(bytes) {
      expected += bytes;
      print({ id: '', status: 'expected', total: expected });
    },
    [Symbol.dispose]() {},
  };
}
