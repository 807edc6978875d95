import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { LamellaError } from '../base/errors.ts';
import { cString, systemCall } from './libc.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
/** Size of `sun_path`, its NUL included. */
const UNIX_PATH_MAX = 108;

const socketCall = systemCall('int socket(int domain, int type, int protocol)');
const connectCall = systemCall('int connect(int fd, void *address, unsigned int length)');

/**
 * A connected Unix socket of type SOCK_SEQPACKET: it keeps the limits of what was sent, one piece being one packet.
 * Iterating gives the packets received, up to 64 KiB each (the kernel cuts larger ones off), and ends when the other
 * side has closed. The iteration can be begun once.
 */
export interface PacketSocket extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Sends `packet` as one packet, after those before it; resolves when the kernel has taken it. */
  send(packet: Uint8Array): Promise<void>;
  /** Tells the other side that nothing more will be sent (SHUT_WR), after what was sent before; receiving goes on. */
  endSending(): Promise<void>;
  /** Closes at once; an iteration that waits ends. */
  close(): void;
}

/**
 * Connects to the socket at `path`, which may be longer than the 107 bytes that the kernel's address holds.
 *
 * Node.js opens no sockets of this type, but its stream handle reads and writes any descriptor, so the connection is
 * made here and handed to it: no thread waits, and a process may exit whenever it likes.
 *
 * @throws LamellaError not-found `ENOENT`, unavailable `ECONNREFUSED`
 */
export function connectSeqpacket(path: string): PacketSocket {
  const fd = socketCall('socket', AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    withShortPath(path, (short) => {
      const address = Buffer.concat([Buffer.of(AF_UNIX, 0), cString(short)]);
      connectCall(`connect ${path}`, fd, address, address.byteLength);
    });
    return overSocket(adopt(fd));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Calls `use` with a path to the same file that fits into a socket's address. */
function withShortPath(path: string, use: (short: string) => void): void {
  if (Buffer.byteLength(path) < UNIX_PATH_MAX) return use(path);
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}

interface PipeBinding {
  readonly Pipe: new (type: number) => { open(fd: number): number };
  readonly constants: { readonly SOCKET: number };
}

function adopt(fd: number): Socket {
  const internals = process as unknown as { binding(name: 'pipe_wrap'): PipeBinding };
  const { Pipe, constants } = internals.binding('pipe_wrap');
  const handle = new Pipe(constants.SOCKET);
  if (handle.open(fd) !== 0) throw new Error(`cannot adopt descriptor ${fd}`);
  return new Socket({ handle, readable: true, writable: true, allowHalfOpen: true } as object);
}

function overSocket(socket: Socket): PacketSocket {
  let sending: Promise<void> = Promise.resolve();
  // One after the other: Node.js would join pieces that wait into one write, and so into one packet.
  const inTurn = (action: (done: (error?: Error | null) => void) => void): Promise<void> => {
    const turn = sending.then(
      () => new Promise<void>((resolve, reject) => action((error) => (error ? reject(error) : resolve()))),
    );
    sending = turn.catch(() => {});
    return turn;
  };
  // Failures show in send() and in the iteration; without a listener they would end the process.
  socket.on('error', () => {});
  socket.pause();
  return {
    send(packet) {
      if (socket.destroyed) return Promise.reject(closedError());
      return inTurn((done) => socket.write(packet, done));
    },
    endSending: () => inTurn((done) => (socket.destroyed ? done() : socket.end(done))),
    close: () => void socket.destroy(),
    [Symbol.asyncIterator]: () => packets(socket),
    async [Symbol.asyncDispose]() {
      await sending;
      socket.destroy();
    },
  };
}

/** A stream's own iterator would join packets that wait; its data event gives each by itself. */
async function* packets(socket: Socket): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let ended = socket.destroyed || socket.readableEnded;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  const end = (error?: Error): void => {
    ended = true;
    failure ??= error;
    wake?.();
  };
  socket.on('data', (packet: Uint8Array) => {
    waiting.push(packet);
    socket.pause();
    wake?.();
  });
  socket.on('end', () => end());
  socket.on('close', () => end());
  socket.on('error', end);
  try {
    for (;;) {
      const packet = waiting.shift();
      if (packet !== undefined) {
        yield packet;
        continue;
      }
      if (failure !== undefined) throw failure;
      if (ended) return;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      socket.resume();
      await woken;
    }
  } finally {
    socket.destroy();
  }
}

function closedError(): LamellaError {
  return new LamellaError('unavailable', 'the socket is closed', { code: 'EPIPE' });
}
