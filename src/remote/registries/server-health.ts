import type { EndpointOutcome } from './endpoint.ts';
import { orderServers } from './order-servers.ts';
import { isPaused, recordOutcome, unknownServer, type ServerRecord } from './server-record.ts';
import { readServerRecords, writeServerRecords } from './server-records-file.ts';

/** What is known of servers, shared by processes through a small file. */
export interface ServerHealth {
  order<T extends { readonly url: string; readonly isMirror: boolean }>(servers: readonly T[]): T[];
  report(url: string, outcome: EndpointOutcome): void;
  /** Why a server is asked last now, and until when (milliseconds since 1970). */
  pauseOf(url: string): { readonly until: number; readonly reason: string } | undefined;
  /** Takes servers as if nothing had ever been seen of them. */
  forget(urls: readonly string[]): void;
  /** Writes what is new now, which else happens a moment later or when the process ends. */
  flush(): void;
}

/** What other processes have written is read again after so long, and what is new here is written, in milliseconds. */
const readEvery = 5_000;
const writeAfter = 1_000;
/** A speed is worth a write when it differs by so much from the one written, or is the first. */
const worthWriting = 0.25;

/** @param options.path a cache: it may be lost, damaged or not writable, and then nothing is remembered */
export function createServerHealth({
  path,
  now = Date.now,
}: {
  readonly path: string;
  readonly now?: () => number;
}): ServerHealth {
  let records: ReadonlyMap<string, ServerRecord> = new Map();
  let readAt: number | undefined;
  const unsaved = new Map<string, ServerRecord>();
  let timer: NodeJS.Timeout | undefined;

  const recordOf = (url: string): ServerRecord | undefined => unsaved.get(url) ?? records.get(url);

  const refresh = (): void => {
    const age = readAt === undefined ? Infinity : now() - readAt;
    if (age >= 0 && age < readEvery) return;
    readAt = now();
    records = readServerRecords(path, now());
    for (const [url, record] of unsaved) {
      if ((records.get(url)?.at ?? 0) > record.at) unsaved.delete(url);
    }
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    process.off('exit', flush);
    if (unsaved.size === 0) return;
    readAt = undefined;
    refresh();
    records = new Map([...records, ...unsaved]);
    unsaved.clear();
    writeServerRecords(path, records, now());
  };

  return {
    order(servers) {
      if (servers.length < 2) return [...servers];
      refresh();
      return orderServers(servers, recordOf, now());
    },
    report(url, outcome) {
      refresh();
      const before = recordOf(url);
      const record = recordOutcome(before, outcome, now());
      if (record === before || record === undefined) return;
      unsaved.set(url, record);
      if (timer !== undefined || !isWorthWriting(records.get(url), record)) return;
      timer = setTimeout(flush, writeAfter).unref();
      process.on('exit', flush);
    },
    pauseOf(url) {
      refresh();
      const record = recordOf(url);
      return record !== undefined && isPaused(record, now())
        ? { until: record.until, reason: record.reason }
        : undefined;
    },
    forget(urls) {
      refresh();
      const known = urls.filter((url) => recordOf(url) !== undefined);
      for (const url of known) unsaved.set(url, { ...unknownServer, at: now() });
      flush();
    },
    flush,
  };
}

function isWorthWriting(written: ServerRecord | undefined, record: ServerRecord): boolean {
  if (written === undefined || written.until !== record.until) return true;
  const [before = 0, after = 0] = [written.speed, record.speed];
  return Math.abs(after - before) > before * worthWriting;
}
