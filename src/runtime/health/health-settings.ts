import { LamellaError } from '../../base/errors.ts';
import type { Healthcheck } from '../../oci/container-config.ts';

/** A health check with everything said. Times are milliseconds. */
export interface HealthSettings {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  /** Failures do not count so long after the start, until the first success. */
  readonly startPeriod: number;
  /** The interval in that time. */
  readonly startInterval: number;
  /** So many failures one after the other make it unhealthy. */
  readonly retries: number;
}

/** Docker's defaults (moby daemon/health.go). */
const defaults = { interval: 30_000, timeout: 30_000, startPeriod: 0, startInterval: 5_000, retries: 3 };

/** What is to be done; undefined for a container that is not checked. */
export function healthSettings(healthcheck: Healthcheck | undefined): HealthSettings | undefined {
  const [kind, ...words] = healthcheck?.Test ?? [];
  if (healthcheck === undefined || (kind !== 'CMD' && kind !== 'CMD-SHELL') || words.length === 0) {
    return undefined;
  }
  const orDefault = (nanoseconds: number | undefined, milliseconds: number): number =>
    nanoseconds === undefined || nanoseconds === 0 ? milliseconds : nanoseconds / 1e6;
  return {
    command: kind === 'CMD' ? words : ['/bin/sh', '-c', words.join(' ')],
    interval: orDefault(healthcheck.Interval, defaults.interval),
    timeout: orDefault(healthcheck.Timeout, defaults.timeout),
    startPeriod: orDefault(healthcheck.StartPeriod, defaults.startPeriod),
    startInterval: orDefault(healthcheck.StartInterval, defaults.startInterval),
    retries: healthcheck.Retries || defaults.retries,
  };
}

/** What was asked for; of what was not, the image's. */
export function mergeHealthcheck(
  asked: Healthcheck | undefined,
  image: Healthcheck | undefined,
): Healthcheck | undefined {
  if (asked === undefined || image === undefined) return asked ?? image;
  const filled = Object.entries(asked).filter(
    ([, value]) => value !== 0 && !(Array.isArray(value) && value.length === 0),
  );
  return { ...image, ...Object.fromEntries(filled) };
}

/** @throws LamellaError invalid `healthcheck-invalid`, as Docker words it */
export function checkHealthcheck(healthcheck: Healthcheck): void {
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const nanoseconds = healthcheck[name] ?? 0;
    if (nanoseconds !== 0 && nanoseconds < 1e6)
      throw invalid(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if ((healthcheck.Retries ?? 0) < 0) throw invalid('Retries in Healthcheck cannot be negative');
}

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'healthcheck-invalid' });
}
