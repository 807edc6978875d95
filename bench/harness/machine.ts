import { cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures depend on besides the engines. */
export interface Machine {
  readonly kernel: string;
  readonly processors: string;
  /** Bytes. */
  readonly memory: number;
  /** Processes that wanted to run, mean of the last minute; above the number of processors the figures are worth little. */
  readonly load: number;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    kernel: release(),
    processors: `${all.length} × ${all[0]?.model ?? 'unknown'}`,
    memory: totalmem(),
    load: loadavg()[0] ?? 0,
  };
}
