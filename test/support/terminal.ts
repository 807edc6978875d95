import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

/** Somebody at a terminal, where a command runs. */
export interface Terminal {
  /** All that has appeared so far, with its escape sequences. */
  readonly screen: () => string;
  type(keys: string): void;
  resize(rows: number, columns: number): void;
  /** Waits until something appears after what was waited for before. */
  see(what: string | RegExp): Promise<void>;
  /** The command's exit code. */
  readonly ended: Promise<number>;
}

interface TerminalOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly rows?: number;
  readonly columns?: number;
}

export const keys = { ctrlC: '\x03', ctrlD: '\x04', ctrlP: '\x10', ctrlQ: '\x11', enter: '\r' } as const;

/** Runs the command on a new pseudo-terminal; it is ended with the test. */
export function openTerminal(
  t: TestContext,
  command: readonly string[],
  { env, rows = 24, columns = 100 }: TerminalOptions,
): Terminal {
  const driver = join(import.meta.dirname, 'terminal.py');
  const child = spawn('python3', [driver, String(rows), String(columns), ...command], {
    env: { ...env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  t.after(() => void child.kill());
  let text = '';
  let from = 0;
  child.stdout?.on('data', (piece: Buffer) => (text += piece.toString('utf8')));
  child.stdin?.on('error', () => {});
  const sizes = child.stdio[3] as Writable;
  sizes.on('error', () => {});
  return {
    screen: () => text,
    type: (typed) => void child.stdin?.write(typed),
    resize: (newRows, newColumns) => void sizes.write(`${newRows} ${newColumns}\n`),
    async see(what) {
      const pattern = typeof what === 'string' ? new RegExp(RegExp.escape(what)) : what;
      for (let waited = 0; waited < 20_000; waited += 20) {
        const found = pattern.exec(text.slice(from));
        if (found !== null) {
          from += found.index + found[0].length;
          return;
        }
        await delay(20);
      }
      throw new Error(`${String(what)} never appeared; since then:\n${JSON.stringify(text.slice(from))}`);
    },
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 255));
    }),
  };
}
