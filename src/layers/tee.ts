import type { ByteStream } from '../base/streams.ts';

export interface Tee {
  /** The stream itself. Reading it moves the copy. */
  readonly main: ByteStream;
  /** A copy for somebody else; it stays at most one piece behind. Ends or fails as `main` does. */
  readonly copy: ByteStream;
  /** Says that nobody reads the copy any more, and why. */
  readonly drop: (error: unknown) => void;
  /** Says that the stream will not be read to its end: the copy fails at once. */
  readonly abandon: () => void;
}

/** Two readers of one stream, in step: memory holds one piece however large the stream is. */
export function tee(source: ByteStream): Tee {
  let offered: Uint8Array | undefined;
  let ended = false;
  let failure: { error: unknown } | undefined;
  let dropped: { error: unknown } | undefined;
  let wake = (): void => {};

  async function changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      const previous = wake;
      wake = () => {
        previous();
        resolve();
      };
    });
  }
  function change(apply: () => void): void {
    apply();
    const waiting = wake;
    wake = () => {};
    waiting();
  }

  async function consumed(): Promise<void> {
    if (offered === undefined || dropped !== undefined) return;
    await changed();
    await consumed();
  }

  function abandon(): void {
    change(() => (failure ??= { error: new Error('the stream was left before its end') }));
  }

  async function* main(): ByteStream {
    try {
      for await (const piece of source) {
        if (dropped !== undefined) throw dropped.error;
        change(() => (offered = piece));
        yield piece;
        // The source may use the piece's memory again as soon as it is asked for the next one.
        await consumed();
      }
      if (dropped !== undefined) throw dropped.error;
      change(() => (ended = true));
    } catch (error) {
      change(() => (failure = { error }));
      throw error;
    } finally {
      if (!ended) abandon();
    }
  }

  async function* copy(): ByteStream {
    for (;;) {
      const piece = offered;
      if (piece !== undefined) {
        yield piece;
        change(() => (offered = undefined));
      } else if (failure !== undefined) {
        throw failure.error;
      } else if (ended) {
        return;
      } else {
        await changed();
      }
    }
  }

  return { main: main(), copy: copy(), drop: (error) => change(() => (dropped = { error })), abandon };
}
