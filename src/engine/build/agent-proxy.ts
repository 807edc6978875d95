import { createConnection, createServer, type Socket } from 'node:net';

/** Of the SSH agent protocol (draft-miller-ssh-agent, section 6.1): what a step may ask for. */
const allowed: ReadonlySet<number> = new Set([11, 13, 27]);
const failure = Buffer.from([0, 0, 0, 1, 5]);
/** Bytes: the largest message that OpenSSH's agent takes. */
const largest = 256 << 10;

/**
 * Offers an SSH agent at a socket of its own. Steps can list keys and have something signed; they can neither add nor remove
 * keys, nor lock the agent.
 */
export async function proxyAgent(agent: string, path: string): Promise<AsyncDisposable> {
  const connections = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection(agent);
    for (const socket of [client, upstream]) {
      connections.add(socket);
      socket.on('close', () => connections.delete(socket));
      socket.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.pipe(client);
    client.on('end', () => upstream.end());
    client.on('data', filter(client, upstream));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

function filter(client: Socket, upstream: Socket): (bytes: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0);
  return (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.byteLength >= 5) {
      const length = waiting.readUInt32BE(0) + 4;
      if (length > largest || length < 5) {
        client.destroy();
        return;
      }
      if (waiting.byteLength < length) return;
      const message = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      if (allowed.has(message[4] ?? 0)) upstream.write(message);
      else client.write(failure);
    }
  };
}
