import type { Database } from '../../db/database.ts';
import type { CheckResult, Health, HealthStatus } from './health-state.ts';

/** The rows of `container_health`: one for each container with a health check, from its first start on. */
export interface HealthRows {
  get(id: string): Health | undefined;
  set(id: string, health: Health): void;
  /** IDs of those that run, and so are to be checked. */
  running(): string[];
}

interface Row {
  readonly status: HealthStatus;
  readonly failing_streak: number;
  readonly log: string;
}

export function createHealthRows(db: Database): HealthRows {
  return {
    get(id) {
      const row = db.get<Row>('SELECT * FROM container_health WHERE container_id = ?', id);
      if (row === undefined) return undefined;
      const { status, failing_streak: failingStreak, log } = row;
      return { status, failingStreak, log: JSON.parse(log) as CheckResult[] };
    },
    set: (id, { status, failingStreak, log }) =>
      // The next check tells anew what a power cut takes away.
      db.transaction(
        () =>
          void db.run(
            `INSERT INTO container_health (container_id, status, failing_streak, log) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (container_id) DO UPDATE SET status = ?2, failing_streak = ?3, log = ?4`,
            id,
            status,
            failingStreak,
            JSON.stringify(log),
          ),
        { durable: false },
      ),
    running: () =>
      db
        .all<{ id: string }>(
          `SELECT id FROM container_health JOIN containers ON id = container_id WHERE containers.status = 'running'`,
        )
        .map(({ id }) => id),
  };
}
