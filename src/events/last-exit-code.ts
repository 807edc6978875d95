import type { Database } from '../db/database.ts';

/** How a container ended that may be gone since: what the newest event of its end says. */
export function lastExitCode(db: Database, containerId: string): number | undefined {
  const row = db.get<{ attributes: string }>(
    `SELECT attributes FROM events WHERE actor = ? AND type = 'container' AND action = 'die'
     ORDER BY sequence DESC LIMIT 1`,
    containerId,
  );
  if (row === undefined) return undefined;
  const { exitCode } = JSON.parse(row.attributes) as { exitCode?: string };
  return exitCode === undefined ? undefined : Number(exitCode);
}
