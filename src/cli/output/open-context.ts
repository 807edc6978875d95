import { fill } from '../languages/messages.ts';
import type { Language } from '../languages/text.ts';
import type { Engine } from '../../engine/ports/engine.ts';
import type { CommandContext } from './context.ts';
import type { Io } from './io.ts';

/** A command's context over an engine that is opened when it is first needed, and closed with the context. */
export function openContext({
  openEngine,
  ...fixed
}: {
  io: Io;
  language: Language;
  commandName: string;
  json: boolean;
  progress: string;
  openEngine: () => Promise<Engine>;
}): CommandContext & AsyncDisposable {
  let engine: Promise<Engine> | undefined;
  const open = (): Promise<Engine> => (engine ??= openEngine());
  return {
    ...fixed,
    images: async () => (await open()).images(),
    containers: async () => (await open()).containers(),
    registry: async () => (await open()).registry(),
    builder: async () => (await open()).builder(),
    system: async () => (await open()).system(),
    volumes: async () => (await open()).volumes(),
    networks: async () => (await open()).networks(),
    say: (text, ...values) => fill(text[fixed.language], ...values),
    print: async (text) => fixed.io.stdout.write(`${text}\n`),
    warn: async (text) => fixed.io.stderr.write(`${text}\n`),
    async [Symbol.asyncDispose]() {
      // An engine that could not be opened has told its error to the command already.
      const opened = await engine?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}
