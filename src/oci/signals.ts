import { LamellaError } from '../base/errors.ts';

const linuxSignals =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS';

function numbers(): Map<string, number> {
  const names = linuxSignals.split(' ');
  const map = new Map(names.map((name, index) => [name, index + 1]));
  for (const [alias, name] of [
    ['IOT', 'ABRT'],
    ['CLD', 'CHLD'],
    ['POLL', 'IO'],
  ] as const) {
    map.set(alias, map.get(name) ?? 0);
  }
  map.set('RTMIN', 34).set('RTMAX', 64);
  for (let n = 1; n <= 15; n += 1) map.set(`RTMIN+${n}`, 34 + n);
  for (let n = 1; n <= 14; n += 1) map.set(`RTMAX-${n}`, 64 - n);
  return map;
}

const signals: ReadonlyMap<string, number> = numbers();

/**
 * The number of a signal that a person or a config named: `SIGTERM`, `term`, `15`, `RTMIN+3`.
 *
 * @throws LamellaError invalid `signal-invalid`
 */
export function parseSignal(text: string): number {
  if (/^[+-]?[0-9]+$/.test(text) && Number(text) !== 0) return Number(text);
  const number = signals.get(text.toUpperCase().replace(/^SIG/, ''));
  if (number === undefined) {
    throw new LamellaError('invalid', `invalid signal: ${text}`, { code: 'signal-invalid' });
  }
  return number;
}
