import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { ServerRecord } from './server-record.ts';

/** Servers that are remembered: the latest ones. */
const most = 64;
/** Records that have not changed for so long are forgotten: a week in milliseconds. */
const longest = 7 * 24 * 3600_000;
const largestFile = 256 << 10;

/**
 * What the file says; nothing where it is not there or is not what {@link writeServerRecords} wrote. Records from the future are
 * left out: the clock has been set back, and they would outlive all that is learned now.
 */
export function readServerRecords(path: string, now: number): Map<string, ServerRecord> {
  const records = new Map<string, ServerRecord>();
  try {
    if (statSync(path).size > largestFile) return records;
    const document: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isRecord(document) || !isRecord(document['servers'])) return records;
    for (const [url, value] of Object.entries(document['servers']).slice(0, most)) {
      const record = toServerRecord(value);
      if (record !== undefined && record.at <= now) records.set(url, record);
    }
  } catch {
    // A cache that cannot be read is empty.
  }
  return records;
}

/** Replaces the file at once; not synced, since a power cut may take it. Nothing happens where it cannot be written. */
export function writeServerRecords(
  path: string,
  records: ReadonlyMap<string, ServerRecord>,
  now: number,
): void {
  const kept = [...records]
    .filter(([, { at }]) => at <= now && now - at < longest)
    .sort(([, a], [, b]) => b.at - a.at)
    .slice(0, most);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify({ servers: Object.fromEntries(kept) }, undefined, 2)}\n`, {
      mode: 0o600,
    });
    renameSync(temporary, path);
  } catch {
    removeQuietly(temporary);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where nothing can be written, nothing is left to remove either.
  }
}

function toServerRecord(value: unknown): ServerRecord | undefined {
  if (!isRecord(value)) return undefined;
  const { at, until, failures, kind, reason, speed, measuredAt } = value;
  if (!isCount(at) || !isCount(until) || !isCount(failures) || typeof reason !== 'string') return undefined;
  if (kind !== 'failed' && kind !== 'wrong') return undefined;
  const measured = isCount(speed) && isCount(measuredAt) && speed > 0 ? { speed, measuredAt } : {};
  return { at, until, failures, kind, reason, ...measured };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
