import type { ByteStream } from '../../base/streams.ts';

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface OutputPort {
  readonly isTerminal: boolean;
  /** Width of the terminal in columns; undefined elsewhere. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Resolves when more can be written without filling memory. */
  write(content: string | Uint8Array): Promise<void>;
}

interface InputPort {
  readonly isTerminal: boolean;
  /** @param options.signal ends the stream, so that nothing waits for input that nobody wants any more */
  stream(options?: { signal?: AbortSignal | undefined }): ByteStream;
}

/** The world outside the command line, as commands see it; tests make their own. */
export interface Io {
  readonly stdin: InputPort;
  readonly stdout: OutputPort;
  readonly stderr: OutputPort;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** The terminal that input comes from, put into raw mode until disposed. */
  rawTerminal?(): RawTerminal;
  /** Calls back for signals a container's process should get; dispose to stop. */
  onSignals?(handler: (signal: NodeJS.Signals) => void): Disposable;
}

export interface RawTerminal extends Disposable {
  readonly size: TerminalSize;
  onResize(handler: (size: TerminalSize) => void): void;
}

/** Why {@link Io.signal} fires where SIGTERM asks for it; Ctrl-C gives no reason of its own. */
export function termination(): DOMException {
  return new DOMException('This operation was aborted', { name: 'AbortError', cause: 'SIGTERM' });
}

export function isTermination(reason: unknown): boolean {
  return reason instanceof DOMException && reason.cause === 'SIGTERM';
}
