import { randomBytes } from 'node:crypto';
import type { RecordContainerEvent } from './container-events.ts';
import type { ExecRequest, RunningExec } from './exec.ts';
import type { Container } from './types.ts';

/** Starts a process in a container with `start`, and writes down what becomes of it as Docker does. */
export async function recordExec(
  record: RecordContainerEvent,
  { container, request }: { container: Container; request: ExecRequest },
  start: () => Promise<RunningExec>,
): Promise<RunningExec> {
  const execID = randomBytes(32).toString('hex');
  const [program = '', ...args] = request.command;
  const line = `${program} ${args.join(' ')}`;
  record(container, `exec_create: ${line}`, { execID });
  record(container, `exec_start: ${line}`, { execID });
  const running = await start();
  // Nobody of us sees the end of one in the background.
  if (request.detach) return running;
  const exitCode = running.exitCode.then((code) => {
    record(container, 'exec_die', { execID, exitCode: String(code) });
    return code;
  });
  // Who asks for it is told of an error; nobody has to ask.
  exitCode.catch(() => {});
  return { ...running, exitCode };
}

/** Streams of a container, or of a process in it, with a note of each change of their terminal's size. */
export function recordResize<
  Streams extends { resize(size: { rows: number; columns: number }): Promise<void> },
>(record: RecordContainerEvent, container: Container, streams: Streams): Streams {
  return {
    ...streams,
    async resize(size: { rows: number; columns: number }) {
      await streams.resize(size);
      record(container, 'resize', { height: String(size.rows), width: String(size.columns) });
    },
  };
}
