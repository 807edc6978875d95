import type { Io } from '../output/io.ts';

export interface FakeIo extends Io {
  readonly output: { stdout: string; stderr: string };
}

/** The world as tests want it: a fixed time, no terminal, what is printed kept. */
export function createFakeIo({
  env = {},
  stdin = '',
  terminal = false,
  now = Date.parse('2026-11-24T12:00:00Z'),
}: {
  env?: Record<string, string>;
  stdin?: string;
  terminal?: boolean;
  now?: number | (() => number);
} = {}): FakeIo {
  const output = { stdout: '', stderr: '' };
  const port = (name: 'stdout' | 'stderr'): Io['stdout'] => ({
    isTerminal: terminal,
    columns: terminal ? 100 : undefined,
    rows: terminal ? 40 : undefined,
    async write(content) {
      output[name] += typeof content === 'string' ? content : Buffer.from(content).toString();
    },
  });
  return {
    output,
    stdin: {
      isTerminal: terminal,
      async *stream() {
        yield Buffer.from(stdin);
      },
    },
    stdout: port('stdout'),
    stderr: port('stderr'),
    env,
    cwd: '/home/jane',
    now: typeof now === 'number' ? () => now : now,
    signal: new AbortController().signal,
  };
}
