import { LamellaError } from '../base/errors.ts';

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Nanoseconds in a duration as Go writes it: `1m30s`, `1.5h`, `-250ms`, `0`.
 *
 * @throws LamellaError invalid `duration-invalid`, in Go's words
 */
export function parseGoDuration(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw invalid('invalid duration', text);
  let total = 0;
  while (rest !== '') {
    const match = /^([0-9]+\.?[0-9]*|\.[0-9]+)([^0-9.]*)/.exec(rest);
    if (match === null) throw invalid('invalid duration', text);
    const [all, amount = '', unit = ''] = match;
    if (unit === '') throw invalid('missing unit in duration', text);
    const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (scale === undefined) throw invalid(`unknown unit ${JSON.stringify(unit)} in duration`, text);
    total += Math.round(Number(amount) * scale);
    rest = rest.slice(all.length);
  }
  if (!Number.isSafeInteger(total)) throw invalid('invalid duration', text);
  return sign * total || 0;
}

/** The shortest text that Go's Duration.String() has for so many nanoseconds: `1m30s`, `250ms`, `0s`. */
export function formatGoDuration(nanoseconds: number): string {
  if (nanoseconds < 0) return `-${formatGoDuration(-nanoseconds)}`;
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = `${(nanoseconds % 60e9) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

function invalid(what: string, text: string): LamellaError {
  return new LamellaError('invalid', `time: ${what} ${JSON.stringify(text)}`, { code: 'duration-invalid' });
}
