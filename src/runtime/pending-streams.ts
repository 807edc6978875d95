import type { AttachedStreams, OutputPiece } from './attach.ts';

/**
 * Streams of a container that has not started yet: they become real when it does, and end when it could not.
 *
 * @param options.forget called when the caller loses interest
 */
export function pendingStreams({ forget }: { forget: () => void }): {
  streams: AttachedStreams;
  connect: (real: AttachedStreams | undefined) => void;
} {
  const { promise, resolve } = Promise.withResolvers<AttachedStreams | undefined>();
  return {
    connect: resolve,
    streams: {
      output: outputOf(promise),
      write: async (bytes) => await (await promise)?.write(bytes),
      closeInput: async () => await (await promise)?.closeInput(),
      resize: async (size) => await (await promise)?.resize(size),
      async [Symbol.asyncDispose]() {
        forget();
        resolve(undefined);
        await (await promise)?.[Symbol.asyncDispose]();
      },
    },
  };
}

async function* outputOf(promise: Promise<AttachedStreams | undefined>): AsyncGenerator<OutputPiece> {
  const real = await promise;
  if (real !== undefined) yield* real.output;
}
