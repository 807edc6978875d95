import type { HealthSettings } from './health-settings.ts';

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** What one check gave. Times are milliseconds since 1970. */
export interface CheckResult {
  readonly start: number;
  readonly end: number;
  /** 0 is healthy; -1 where the check did not come to an end. */
  readonly exitCode: number;
  /** What it printed, both streams, cut. */
  readonly output: string;
}

export interface Health {
  readonly status: HealthStatus;
  readonly failingStreak: number;
  /** The newest results, oldest first. */
  readonly log: readonly CheckResult[];
}

const keptResults = 5;

/** How a container begins: what its last run told stays to be read. */
export function healthAtStart(before: Health | undefined): Health {
  return { status: 'starting', failingStreak: 0, log: before?.log ?? [] };
}

/** Milliseconds until the next check, from the start or from the end of the last one. */
export function untilNextCheck(
  { status }: Health,
  { interval, startInterval, startPeriod }: HealthSettings,
  ranFor: number,
): number {
  return status === 'starting' && ranFor < startPeriod ? startInterval : interval;
}

/** How a container is after a check (moby daemon/health.go, handleProbeResult). */
export function afterCheck(
  { status, failingStreak, log }: Health,
  result: CheckResult,
  { settings, startedAt }: { settings: HealthSettings; startedAt: number },
): Health {
  const kept = [...log.slice(1 - keptResults), result];
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log: kept };
  const counts = status !== 'starting' || result.start - startedAt >= settings.startPeriod;
  const streak = failingStreak + (counts ? 1 : 0);
  return {
    status: counts && streak >= settings.retries ? 'unhealthy' : status,
    failingStreak: streak,
    log: kept,
  };
}
