import { errorLine } from '../errors/print-error.ts';
import type { CommandContext } from './context.ts';

/**
 * Does the same to each of several images or containers as Docker does: one failure does not keep the others from
 * their turn, and the errors are printed at the end.
 *
 * @returns 1 where something failed, else 0
 */
export async function eachTarget(
  context: CommandContext,
  targets: readonly string[],
  action: (target: string) => Promise<void>,
): Promise<number> {
  if (targets.length === 1) {
    // Alone it fails as any command does: with its hint, and as JSON where that is asked for.
    await action(targets[0] as string);
    return 0;
  }
  const errors: unknown[] = [];
  for (const target of targets) {
    try {
      await action(target);
    } catch (error) {
      errors.push(error);
    }
  }
  for (const error of errors) await context.warn(errorLine(error));
  return errors.length > 0 ? 1 : 0;
}
