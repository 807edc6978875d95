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

function invalid(what: string, text: string): LamellaError {
  return new LamellaError('invalid', `time: ${what} ${JSON.stringify(text)}`, { code: 'duration-invalid' });
}
