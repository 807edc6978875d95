import { setTimeout as delay } from 'node:timers/promises';
import { createLimiter } from '../../base/limiter.ts';
import type { Database } from '../../db/database.ts';
import { watchDatabase } from '../../db/watch-database.ts';
import type { RecordContainerEvent } from '../container-events.ts';
import type { ContainerStore } from '../container-store.ts';
import { hasEnded } from '../exit-record.ts';
import type { Container } from '../types.ts';
import type { HealthRows } from './health-rows.ts';
import { healthSettings, type HealthSettings } from './health-settings.ts';
import { afterCheck, healthAtStart, type CheckResult, untilNextCheck } from './health-state.ts';

export interface KeepHealthDeps {
  readonly db: Database;
  readonly store: ContainerStore;
  readonly rows: HealthRows;
  readonly record: RecordContainerEvent;
  readonly check: (
    container: Container,
    settings: HealthSettings,
    signal: AbortSignal,
  ) => Promise<CheckResult>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** So many checks run at the same time; the others wait. */
const checksAtOnce = 16;

/** Checks all containers that run and have a health check, as long as there are any. */
export async function keepHealth(deps: KeepHealthDeps): Promise<void> {
  const { db } = deps;
  const watched = new Map<string, { readonly process: string; readonly end: AbortController }>();
  const limit = createLimiter(checksAtOnce);
  const done: Promise<void>[] = [];
  try {
    for await (const _ of watchDatabase(db.path)) {
      const current = containersToCheck(deps);
      if (current.length === 0) return;
      const processes = new Map(current.map(({ id, state }) => [id, state.process]));
      for (const [id, { process, end }] of watched) {
        if (processes.get(id) === process) continue;
        end.abort();
        watched.delete(id);
      }
      for (const container of current) {
        if (watched.has(container.id)) continue;
        const end = new AbortController();
        watched.set(container.id, { process: container.state.process ?? '', end });
        done.push(watchOne(deps, container, { signal: end.signal, limit }));
      }
    }
  } finally {
    for (const { end } of watched.values()) end.abort();
    await Promise.all(done);
  }
}

/** Those that run and are not paused, by what the database and the kernel say, and have a health check. */
export function containersToCheck({ store, rows }: Pick<KeepHealthDeps, 'store' | 'rows'>): Container[] {
  return rows
    .running()
    .map((id) => store.get(id))
    .filter((container) => container !== undefined)
    .filter(({ status, state }) => status === 'running' && state.paused !== true && !hasEnded(state));
}

/** Checks one container until it ends, or is paused. */
async function watchOne(
  { store, rows, record, check, now }: KeepHealthDeps,
  container: Container,
  { signal, limit }: { signal: AbortSignal; limit: ReturnType<typeof createLimiter> },
): Promise<void> {
  const { id, spec, state } = container;
  const { startedAt = now() } = state;
  const settings = healthSettings(spec.config.Healthcheck);
  if (settings === undefined) return;

  function note(result: CheckResult): void {
    const before = rows.get(id) ?? healthAtStart(undefined);
    const after = afterCheck(before, result, { settings: settings as HealthSettings, startedAt });
    rows.set(id, after);
    if (after.status !== before.status) record(store.get(id) ?? container, `health_status: ${after.status}`);
  }

  while (!signal.aborted) {
    const health = rows.get(id);
    if (health === undefined) return;
    const pause = untilNextCheck(health, settings, now() - startedAt);
    await delay(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const result = await limit(() => check(container, settings, signal));
    const current = store.get(id);
    // Of a run that is over nothing is told.
    if (signal.aborted || current?.status !== 'running' || current.state.process !== state.process) return;
    note(result);
  }
}
