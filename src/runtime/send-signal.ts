import { systemErrorCode } from '../base/errors.ts';
import { hasEnded } from './exit-record.ts';
import type { Container } from './types.ts';

/**
 * Sends a signal to a container's first process; nothing happens when it is gone. The process is known by more than its
 * pid, so that no other one can be hit.
 */
export function sendSignal({ state }: Container, signal: number): void {
  if (state.pid === undefined || hasEnded(state)) return;
  try {
    process.kill(state.pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}
