import type { CommandContext } from './context.ts';
import { messages } from '../languages/messages.ts';

/** Asks on the terminal before something is deleted; anything but y or yes is no. */
export async function confirm(context: CommandContext, warning: string): Promise<boolean> {
  await context.io.stdout.write(`${warning}\n${context.say(messages.confirm)}`);
  let answer = '';
  for await (const bytes of context.io.stdin.stream()) {
    answer += Buffer.from(bytes).toString();
    if (answer.includes('\n')) break;
  }
  return /^y(es)?$/i.test((answer.split('\n')[0] ?? '').trim());
}
