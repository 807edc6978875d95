import type { Agent } from 'node:http';
import type { Socket } from 'node:net';

const readSize = 256 << 10;

/**
 * Lets the connections of an agent read up to 256 KiB at once, where Node's own reads are of 64 KiB into new memory:
 * a body costs a third of the processor time. Node gives such reads to a function instead of to whoever listens for
 * `data`, which is what its HTTP client does; we pass them on.
 */
export function withLargeReads<A extends Agent>(agent: A): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    let socket: Socket | undefined;
    const buffer = Buffer.allocUnsafeSlow(readSize);
    // The parser copies what is of a body before this returns, so that the same memory can be read into again.
    const take = (size: number): boolean => {
      socket?.emit('data', buffer.subarray(0, size));
      return true;
    };
    const onread = { buffer, callback: take };
    const made = connect({ ...options, onread } as typeof options, callback);
    socket = made as Socket | undefined;
    return made;
  };
  return agent;
}
