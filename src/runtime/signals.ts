import { LamellaError } from '../base/errors.ts';
import { parseSignal } from '../oci/signals.ts';

const largest = 64;

/**
 * The number of a signal that can be sent. A config may name others, which no process gets.
 *
 * @throws LamellaError invalid `signal-invalid`
 */
export function parseSentSignal(text: string): number {
  const number = parseSignal(text);
  if (number > 0 && number <= largest) return number;
  throw new LamellaError('invalid', `invalid signal: ${text}`, { code: 'signal-invalid' });
}
