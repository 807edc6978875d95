import type { CommandContext } from '../../output/context.ts';
import type { TerminalSize } from '../../output/io.ts';

/** What a new terminal begins with: this one's size, where there is one. */
export function terminalSize(context: CommandContext): TerminalSize {
  const { stdout } = context.io;
  return stdout.isTerminal
    ? { rows: stdout.rows ?? 0, columns: stdout.columns ?? 0 }
    : { rows: 0, columns: 0 };
}
