import { LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { checkEventFilters } from '../events/event-filters.ts';
import { eventJson } from '../events/event-json.ts';
import { readEvents } from '../events/read-events.ts';
import { parseTimestamp } from '../oci/timestamp.ts';
import type { EngineEvent, SystemEngine } from './ports/system-engine.ts';

/** @throws LamellaError invalid `filter-invalid`, `time-invalid` */
export async function* streamEvents(
  db: Database,
  { since, until, filters = {}, signal }: NonNullable<Parameters<SystemEngine['events']>[0]>,
): AsyncGenerator<EngineEvent, void> {
  checkEventFilters(filters);
  const now = Date.now();
  const time = (text: string | undefined): number | undefined =>
    text === undefined || text === '' ? undefined : parseTimestamp(text, now);
  const [from, to] = [time(since), time(until)];
  if (from !== undefined && to !== undefined && to < from) {
    throw new LamellaError(
      'invalid',
      `\`since\` time (${Math.floor(from / 1000)}) cannot be after \`until\` time (${Math.floor(to / 1000)})`,
      { code: 'time-invalid' },
    );
  }
  for await (const event of readEvents(db, { since: from, until: to, filters, signal }))
    yield eventJson(event);
}
