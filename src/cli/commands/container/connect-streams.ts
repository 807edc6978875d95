import type { AttachedStreams } from '../../../engine/ports/container-engine.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { CommandContext } from '../../output/context.ts';
import type { RawTerminal } from '../../output/io.ts';
import { createDetachFilter, parseDetachKeys } from './detach-keys.ts';

export interface Connection {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly detachKeys?: string | undefined;
  /** Has the program draw its screen or prompt again, which it did before this terminal was there. */
  readonly redraw?: boolean;
  /** Called with signals that this process gets, where there is no terminal to type them on. */
  readonly onSignal?: ((signal: NodeJS.Signals) => void) | undefined;
}

/** Docker refuses to connect something that is no terminal to a container that wants one. */
export function checkTerminal(
  context: CommandContext,
  { tty, stdin }: { tty: boolean; stdin: boolean },
): void {
  if (tty && stdin && !context.io.stdin.isTerminal) {
    throw new CliError('the input device is not a TTY');
  }
}

/**
 * Carries bytes between this terminal (or these pipes) and a container until its output ends or the detach keys are
 * typed.
 *
 * @returns whether the person left and the container goes on
 */
export async function connectStreams(
  context: CommandContext,
  streams: AttachedStreams,
  { tty, stdin, detachKeys, redraw, onSignal }: Connection,
): Promise<'ended' | 'detached'> {
  const { io } = context;
  const keys = parseDetachKeys(detachKeys);
  using terminal: RawTerminal | undefined =
    tty && stdin && io.stdin.isTerminal ? io.rawTerminal?.() : undefined;
  using _signals = !tty && onSignal !== undefined ? io.onSignals?.(onSignal) : undefined;
  if (terminal !== undefined) {
    terminal.onResize((size) => void streams.resize(size).catch(() => {}));
    const { rows, columns } = terminal.size;
    // Only a change of size makes a program draw again.
    if (redraw === true) await streams.resize({ rows: rows + 1, columns: columns + 1 });
    await streams.resize(terminal.size);
  }
  const output = pumpOutput(context, streams).then(() => 'ended' as const);
  if (!stdin) return await output;
  const enough = new AbortController();
  const input = pumpInput(context, streams, {
    detachKeys: terminal === undefined ? undefined : keys,
    signal: enough.signal,
  });
  // Input that fails (the container is gone) or ends says nothing about the output, which is still to be read.
  const left = input.then((result) => (result === 'detached' ? result : output));
  try {
    return await Promise.race([output, left.catch(() => output)]);
  } finally {
    enough.abort();
  }
}

async function pumpOutput(context: CommandContext, streams: AttachedStreams): Promise<void> {
  const { stdout, stderr } = context.io;
  for await (const { stream, bytes } of streams.output) {
    await (stream === 'stdout' ? stdout : stderr).write(bytes);
  }
}

async function pumpInput(
  context: CommandContext,
  streams: AttachedStreams,
  { detachKeys, signal }: { detachKeys: readonly number[] | undefined; signal: AbortSignal },
): Promise<'detached' | 'ended'> {
  const filter = detachKeys === undefined ? undefined : createDetachFilter(detachKeys);
  for await (const bytes of context.io.stdin.stream({ signal })) {
    const { pass, detached } = filter?.feed(bytes) ?? { pass: bytes, detached: false };
    if (pass.byteLength > 0) await streams.write(pass);
    if (detached) return 'detached';
  }
  await streams.closeInput();
  return 'ended';
}
