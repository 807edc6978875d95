import { cancelledError } from '../../base/errors.ts';
import type { CommandContext } from './context.ts';

const keys = { interrupt: '\u0003', end: '\u0004', backspace: '\u007F', killLine: '\u0015' };

/** Asks for lines on the terminal, one after the other. */
export interface Prompt extends AsyncDisposable {
  /**
   * @param options.secret shows nothing of what is typed
   * @returns undefined at the end of input
   * @throws LamellaError cancelled, after Ctrl-C
   */
  ask(question: string, options?: { secret?: boolean }): Promise<string | undefined>;
}

export function openPrompt({ io }: CommandContext): Prompt {
  const input = io.stdin.stream({ signal: io.signal })[Symbol.asyncIterator]();
  let typed: string[] = [];

  async function nextKey(): Promise<string | undefined> {
    while (typed.length === 0) {
      const next = await input.next();
      if (next.done === true) return undefined;
      typed = Array.from(Buffer.from(next.value).toString('utf8'));
    }
    return typed.shift();
  }

  async function readLine(isRaw: boolean): Promise<string | undefined> {
    let line = '';
    for (let key = await nextKey(); key !== undefined; key = await nextKey()) {
      if (key === '\n' || key === '\r') return line;
      if (isRaw && key === keys.interrupt) throw cancelledError();
      if (isRaw && key === keys.end && line === '') return undefined;
      if (isRaw && key === keys.killLine) line = '';
      else line = isRaw && key === keys.backspace ? line.slice(0, -1) : line + key;
    }
    if (io.signal.aborted) throw cancelledError();
    return line === '' ? undefined : line;
  }

  return {
    async ask(question, { secret = false } = {}) {
      using raw = secret ? io.rawTerminal?.() : undefined;
      await io.stdout.write(question);
      try {
        return await readLine(raw !== undefined);
      } finally {
        if (secret) await io.stdout.write('\n');
      }
    },
    async [Symbol.asyncDispose]() {
      await input.return?.();
    },
  };
}
