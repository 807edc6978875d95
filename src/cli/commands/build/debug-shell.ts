import type { CommandContext } from '../../output/context.ts';
import { awaitEnd } from '../container/await-end.ts';
import { connectStreams } from '../container/connect-streams.ts';

/** Runs the shell of a failed step at this terminal, until the person leaves it. */
export async function debugShell(context: CommandContext, container: string): Promise<void> {
  const engine = await context.containers();
  await context.io.stderr.write('\nThe step has failed. This is a shell in its files; leave it to go on.\n');
  using end = awaitEnd(engine, container, 'next-exit');
  await using streams = await engine.attach(container, { stdin: true, stdout: true, stderr: true });
  await engine.start(container);
  await connectStreams(context, streams, {
    tty: true,
    stdin: true,
    detachKeys: undefined,
    onSignal: (signal) => void engine.kill(container, { signal }).catch(() => {}),
  });
  await end.exitCode();
}
