import { constants } from 'node:os';
import type { RecordContainerEvent } from './container-events.ts';
import { notRunning, prefixed } from './container-refusals.ts';
import type { ContainerStore } from './container-store.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Pauses } from './pause.ts';
import { sendSignal } from './send-signal.ts';
import { parseSentSignal } from './signals.ts';
import type { Container, ContainerState } from './types.ts';
import type { Waiter } from './wait.ts';

export interface ContainerEndingsDeps {
  readonly store: ContainerStore;
  readonly lifecycle: Lifecycle;
  readonly waiter: Waiter;
  readonly pauses: Pauses;
  readonly record: RecordContainerEvent;
  /** The record, up to date. @throws LamellaError not-found `container-not-found` */
  readonly find: (container: string) => Promise<Container>;
}

export interface StopOptions {
  /** undefined takes the container's own. */
  readonly signal: string | undefined;
  /** Seconds of grace: undefined takes the container's own, -1 waits for ever. */
  readonly timeout: number | undefined;
}

/** The ways in which a person or a command ends a container. */
export interface ContainerEndings {
  kill(container: string, options: { signal: string }): Promise<void>;
  stop(container: string, options: StopOptions): Promise<void>;
  /**
   * Asks it to end, and makes it end when its grace is over.
   *
   * @param note what is remembered of why it ended
   * @returns false where it does not run
   */
  end(container: Container, options: StopOptions, note: Partial<ContainerState>): Promise<boolean>;
  /** Ends one that runs at once, and waits for that. */
  endAtOnce(container: Container): Promise<void>;
}

/** Seconds between the stop signal and SIGKILL. */
const defaultStopTimeout = 10;

export function createContainerEndings(deps: ContainerEndingsDeps): ContainerEndings {
  const { store, lifecycle, waiter, pauses, record, find } = deps;

  async function kill(text: string, { signal }: { signal: string }): Promise<void> {
    try {
      const number = parseSentSignal(signal);
      const container = await find(text);
      const byHand = { stoppedByHand: true };
      if (container.status === 'restarting' && (await lifecycle.cancelRestart(container.id, byHand))) return;
      if (container.status !== 'running') throw notRunning(container);
      const { StopSignal } = container.spec.config;
      if (number === constants.signals.SIGKILL) await lifecycle.attend(container.id);
      const isMeantToEnd = StopSignal === undefined || parseSentSignal(StopSignal) === number;
      await send(container, number, isMeantToEnd ? { stoppedByHand: true } : {});
      if (number === constants.signals.SIGKILL) await waiter.waitForEnd(container.id);
    } catch (error) {
      throw prefixed(`cannot kill container: ${text}`, error);
    }
  }

  /** The note comes first: who records the end must know that it was wanted. */
  async function send(container: Container, signal: number, note: Partial<ContainerState>): Promise<void> {
    const isEnd = signal === constants.signals.SIGKILL && note.shutsDown !== true;
    store.change(container.id, ({ status, state }) => ({
      status,
      state: { ...state, ...(isEnd ? { stoppedByHand: true } : {}), ...note },
    }));
    sendSignal(container, signal);
    record(container, 'kill', { signal: String(signal) });
    // One that stands still cannot end.
    if (isEnd || note.stoppedByHand === true || note.shutsDown === true) await pauses.goOn(container);
  }

  async function stop(text: string, options: StopOptions): Promise<void> {
    const container = await find(text);
    if (await end(container, options, { stoppedByHand: true })) record(container, 'stop');
  }

  async function end(
    container: Container,
    { signal, timeout }: StopOptions,
    note: Partial<ContainerState>,
  ): Promise<boolean> {
    if (container.status === 'restarting' && (await lifecycle.cancelRestart(container.id, note))) return true;
    if (container.status !== 'running') return false;
    const { config } = container.spec;
    const seconds = timeout ?? config.StopTimeout ?? defaultStopTimeout;
    const number = parseSentSignal(signal ?? config.StopSignal ?? 'SIGTERM');
    await lifecycle.attend(container.id);
    await send(container, number, note);
    const grace = seconds < 0 ? undefined : AbortSignal.timeout(seconds * 1000);
    try {
      await waiter.waitForEnd(container.id, grace);
    } catch (error) {
      if (grace?.aborted !== true) throw error;
      await send(container, constants.signals.SIGKILL, note);
      await waiter.waitForEnd(container.id);
    }
    return true;
  }

  async function endAtOnce(container: Container): Promise<void> {
    await lifecycle.attend(container.id);
    await send(container, constants.signals.SIGKILL, {});
    await waiter.waitForEnd(container.id);
  }

  return { kill, stop, end, endAtOnce };
}
