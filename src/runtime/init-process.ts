import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The first process of a container, as the OCI runtime has written it down: runc in `state.json`, crun in `status`.
 * Undefined where there is none, or it has ended.
 */
export function findInitProcess({
  runtimeRoot,
  id,
}: {
  runtimeRoot: string;
  id: string;
}): number | undefined {
  const runc = readJson(join(runtimeRoot, id, 'state.json'));
  const crun = readJson(join(runtimeRoot, id, 'status'));
  const pid = Number(runc?.['init_process_pid'] ?? crun?.['pid']);
  const start = String(runc?.['init_process_start'] ?? crun?.['process-start-time']);
  return Number.isSafeInteger(pid) && pid > 1 && startOf(pid) === start ? pid : undefined;
}

function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readJson(path: string): Record<string, unknown> | undefined {
  const text = readText(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
