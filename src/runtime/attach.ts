import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { connectSeqpacket, type PacketSocket } from '../linux/seqpacket.ts';

export interface OutputPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/** A connection to the standard streams of a container or an exec. With a terminal everything comes on `stdout`. */
export interface AttachedStreams extends AsyncDisposable {
  /** Ends when the process has ended and all it wrote was given, or when this is disposed of. Can be iterated once. */
  readonly output: AsyncIterable<OutputPiece>;
  write(bytes: Uint8Array): Promise<void>;
  /** End of input. */
  closeInput(): Promise<void>;
  resize(size: { rows: number; columns: number }): Promise<void>;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** conmon reads up to 32 KiB of a packet and drops the rest. */
const largestPacket = 16 << 10;

/** Connects to the conmon whose files are in `bundle`. */
export function attachTo(bundle: string, options: AttachOptions): AttachedStreams {
  const socket = connectSeqpacket(join(bundle, 'attach'));
  options.signal?.addEventListener('abort', () => socket.close(), { once: true });
  return {
    output: outputOf(socket, options),
    async write(bytes) {
      if (!options.stdin) return;
      for (let at = 0; at < bytes.byteLength; at += largestPacket) {
        await socket.send(bytes.subarray(at, at + largestPacket));
      }
    },
    closeInput: () => (options.stdin ? socket.endSending() : Promise.resolve()),
    resize: (size) => resizeTerminal(bundle, size),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

/** Each packet begins with a byte that names the stream: 2 is standard output, 3 is standard error. */
async function* outputOf(socket: PacketSocket, wanted: AttachOptions): AsyncGenerator<OutputPiece> {
  for await (const packet of socket) {
    const stream = packet[0] === 3 ? 'stderr' : 'stdout';
    if (packet.byteLength > 1 && wanted[stream]) yield { stream, bytes: packet.subarray(1) };
  }
}

/** Tells conmon the terminal's size through its control FIFO. Nothing happens where there is no conmon any more. */
async function resizeTerminal(
  bundle: string,
  { rows, columns }: { rows: number; columns: number },
): Promise<void> {
  try {
    // Not blocking: the open fails at once when nobody reads.
    await using control = await open(join(bundle, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK);
    await control.write(`1 ${rows} ${columns}\n`);
  } catch {
    // The container has ended, and its terminal with it.
  }
}
