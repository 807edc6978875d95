import { createReadStream, fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemErrorCode } from '../../base/errors.ts';
import type { ByteStream } from '../../base/streams.ts';
import { CliError } from '../errors/cli-error.ts';
import { type Io, type OutputPort, type RawTerminal, type TerminalSize, termination } from './io.ts';

/** The process's own terminal, pipes, environment and signals. */
export function processIo(): Io {
  const cancel = new AbortController();
  let listening = false;
  return {
    stdin: {
      isTerminal: isTerminal(0),
      stream: ({ signal } = {}) => readStdin(signal),
    },
    stdout: outputPort(1, () => process.stdout),
    stderr: outputPort(2, () => process.stderr),
    env: process.env,
    cwd: process.cwd(),
    now: Date.now,
    get signal() {
      if (!listening) {
        listening = true;
        // The first Ctrl-C ends the work in order, the second one ends the process.
        process.once('SIGINT', () => cancel.abort());
        process.once('SIGTERM', () => cancel.abort(termination()));
      }
      return cancel.signal;
    },
    rawTerminal,
    onSignals: forwardSignals,
  };
}

/** Files and pipes are told apart without `node:tty`, which takes 5 ms to load. */
function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && isatty(fd);
  } catch {
    return false;
  }
}

async function* readStdin(signal: AbortSignal | undefined): ByteStream {
  // A file is read in large pieces. Pipes and terminals give at most 64 KiB at once, and may refuse to block.
  if (fstatSync(0).isFile()) {
    yield* createReadStream('', { fd: 0, autoClose: false, highWaterMark: 1 << 20 });
    return;
  }
  const { stdin } = process;
  const stop = (): void => void stdin.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    yield* stdin as AsyncIterable<Buffer>;
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** @param open gives the stream, which costs some milliseconds to make and is not made before it is used */
function outputPort(fd: number, open: () => NodeJS.WriteStream): OutputPort {
  const isOne = isTerminal(fd);
  let opened: NodeJS.WriteStream | undefined;
  const stream = (): NodeJS.WriteStream => (opened ??= quietWhenReaderLeaves(open()));
  return {
    isTerminal: isOne,
    get columns() {
      // A terminal that nobody gave a size says 0.
      return isOne ? stream().columns || undefined : undefined;
    },
    get rows() {
      return isOne ? stream().rows : undefined;
    },
    async write(content) {
      const { promise: written, resolve, reject } = Promise.withResolvers<void>();
      const hasRoom = stream().write(content, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(outputError(error, fd));
      });
      // A file that takes no more says so at once; then whoever writes must know, for it ends with 1.
      if (!hasRoom || stream().errored !== null) await written;
      else written.catch(() => {});
    },
  };
}

/** `lamella images | head -1` must not end with an error: whoever reads has seen enough. Others are told to the writer. */
function quietWhenReaderLeaves(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  });
}

function outputError(error: Error, fd: number): Error {
  const name = fd === 1 ? '/dev/stdout' : '/dev/stderr';
  const reason = systemErrorCode(error) === 'ENOSPC' ? 'no space left on device' : error.message;
  return new CliError(`write ${name}: ${reason}`);
}

function rawTerminal(): RawTerminal {
  const input = process.stdin;
  const output = process.stdout;
  const size = (): TerminalSize => ({ rows: output.rows ?? 0, columns: output.columns ?? 0 });
  const handlers: (() => void)[] = [];
  input.setRawMode(true);
  return {
    get size() {
      return size();
    },
    onResize(handler) {
      const listener = (): void => handler(size());
      handlers.push(listener);
      output.on('resize', listener);
    },
    [Symbol.dispose]() {
      for (const listener of handlers) output.off('resize', listener);
      input.setRawMode(false);
    },
  };
}

const forwarded: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

function forwardSignals(handler: (signal: NodeJS.Signals) => void): Disposable {
  for (const signal of forwarded) process.on(signal, handler);
  return {
    [Symbol.dispose]() {
      for (const signal of forwarded) process.off(signal, handler);
    },
  };
}
