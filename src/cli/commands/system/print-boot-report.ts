import type { BootReport } from '../../../engine/ports/system-engine.ts';
import type { CommandContext } from '../../output/context.ts';

/** The names of those that it was done to, and why it failed with others. @returns the exit code */
export async function printBootReport(context: CommandContext, report: BootReport): Promise<number> {
  for (const name of report.done) await context.print(name);
  for (const { name, reason } of report.failed) await context.warn(`${name}: ${reason}`);
  return report.failed.length > 0 ? 1 : 0;
}
