import { constants } from 'node:os';
import { LamellaError } from '../base/errors.ts';

/** First and last of the real-time signals as glibc numbers them. */
const rtMin = 34;
const rtMax = 64;

/**
 * The number of a signal given as `15`, `TERM`, `SIGTERM` or `RTMIN+3`.
 *
 * @throws LamellaError invalid `signal-invalid`
 */
export function parseSignal(text: string): number {
  const number = /^[0-9]+$/.test(text) ? Number(text) : byName(text.toUpperCase().replace(/^SIG/, ''));
  if (number !== undefined && number > 0 && number <= rtMax) return number;
  throw new LamellaError('invalid', `invalid signal: ${text}`, { code: 'signal-invalid' });
}

function byName(name: string): number | undefined {
  const realTime = /^RT(MIN|MAX)(?:([+-])([0-9]+))?$/.exec(name);
  if (realTime === null) return (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
  const [, end, sign, distance = '0'] = realTime;
  const offset = sign === '-' ? -Number(distance) : Number(distance);
  const number = (end === 'MIN' ? rtMin : rtMax) + offset;
  return number >= rtMin && number <= rtMax ? number : undefined;
}
