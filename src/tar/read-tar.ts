import type { ByteStream } from '../base/streams.ts';
import type { TarEntry } from './entry.ts';
import { type TarLimits, TarScanner } from './scanner.ts';

type Event =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: unknown };

/**
 * The members of an archive with their stored content, for consumers that need both. A content flows while it is asked
 * for, must be read before the next member is, and is skipped otherwise; for a sparse file it holds the stored runs only
 * (see `expandSparse`). Keeps no more than the events of one chunk.
 *
 * @throws LamellaError as {@link TarScanner}
 */
export async function* readTar(
  stream: ByteStream,
  limits: TarLimits = {},
): AsyncGenerator<{ entry: TarEntry; content: ByteStream }, void, undefined> {
  const events = tarEvents(stream, limits);
  try {
    for (;;) {
      const { value: event, done } = await events.next();
      if (done === true) return;
      if (event.kind !== 'entry') continue; // content that nobody read
      const reading = { done: false };
      yield { entry: event.entry, content: contentOf(events, reading) };
      for (; !reading.done;) {
        const { value, done } = await events.next();
        reading.done = done === true || value.kind === 'end';
      }
    }
  } finally {
    await events.return();
  }
}

async function* contentOf(
  events: AsyncGenerator<Event, void, undefined>,
  reading: { done: boolean },
): ByteStream {
  while (!reading.done) {
    const { value: event, done } = await events.next();
    if (done === true || event.kind !== 'content') {
      reading.done = true;
      return;
    }
    yield event.bytes;
  }
}

/** What the scanner tells, in order, an error last: whatever the chunks, what stands before the damage comes out first. */
async function* tarEvents(stream: ByteStream, limits: TarLimits): AsyncGenerator<Event, void, undefined> {
  let events: Event[] = [];
  const scanner = new TarScanner(
    {
      entry: (entry) => events.push({ kind: 'entry', entry }),
      content: (bytes) => events.push({ kind: 'content', bytes }),
      entryEnd: () => events.push({ kind: 'end' }),
    },
    limits,
  );
  const drain = (action: () => void): Event[] => {
    events = [];
    try {
      action();
    } catch (error) {
      events.push({ kind: 'error', error });
    }
    return events;
  };
  for await (const chunk of stream) yield* thrown(drain(() => scanner.write(chunk)));
  yield* thrown(drain(() => scanner.end()));
}

function* thrown(events: readonly Event[]): Generator<Event> {
  for (const event of events) {
    if (event.kind === 'error') throw event.error;
    yield event;
  }
}
