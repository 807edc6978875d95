import { Silence } from './connection-error.ts';

/** A timer that a request sets anew in each of its phases. */
export interface Alarm extends Disposable {
  /** From now on, silence of so many milliseconds ends the request. */
  set(phase: Silence['phase'], milliseconds: number): void;
  stop(): void;
}

export function createAlarm(onSilence: (silence: Silence) => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    set(phase, milliseconds) {
      stop();
      if (!disposed) timer = setTimeout(() => onSilence(new Silence(phase)), milliseconds);
    },
    stop,
    [Symbol.dispose]() {
      disposed = true;
      stop();
    },
  };
}
