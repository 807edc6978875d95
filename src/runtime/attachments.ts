import { attachTo, type AttachedStreams, type AttachOptions } from './attach.ts';
import { pendingStreams } from './pending-streams.ts';

/**
 * Who, in this process, wants the streams of containers that have not started yet, and who waits for their end. Without
 * somebody here to see the end, conmon must start a process that records it.
 */
export interface Attachments {
  /** Streams that become real when the container starts. */
  add(id: string, options: AttachOptions): AttachedStreams;
  /** Counts as interest in the container's end until disposed of. */
  expectEnd(id: string): Disposable;
  isAttended(id: string): boolean;
  /** Connects all that wait for the container; later ones wait for the next start. */
  connect(id: string, bundle: string): void;
  /** Ends the streams of all that still wait: the container could not start. */
  giveUp(id: string): void;
}

interface Waiting {
  readonly options: AttachOptions;
  readonly connect: (real: AttachedStreams | undefined) => void;
}

export function createAttachments(): Attachments {
  const waiting = new Map<string, Set<Waiting>>();
  const ends = new Map<string, number>();

  function settle(id: string, real: (options: AttachOptions) => AttachedStreams | undefined): void {
    const all = waiting.get(id) ?? [];
    waiting.delete(id);
    for (const { options, connect } of all) connect(real(options));
  }

  return {
    add(id, options) {
      const all = waiting.get(id) ?? new Set();
      waiting.set(id, all);
      const { streams, connect } = pendingStreams({ forget: () => void all.delete(entry) });
      const entry = { options, connect };
      all.add(entry);
      return streams;
    },
    expectEnd(id) {
      ends.set(id, (ends.get(id) ?? 0) + 1);
      return { [Symbol.dispose]: () => void ends.set(id, (ends.get(id) ?? 1) - 1) };
    },
    isAttended: (id) => (ends.get(id) ?? 0) > 0,
    connect: (id, bundle) => settle(id, (options) => attachTo(bundle, options)),
    giveUp: (id) => settle(id, () => undefined),
  };
}
