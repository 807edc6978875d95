import { closeSync } from 'node:fs';
import { systemCall } from './libc.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

const socketCall = systemCall('int socket(int domain, int type, int protocol)');
const optionCall = systemCall('int setsockopt(int fd, int level, int name, void *value, unsigned int size)');
const bindCall = systemCall('int bind(int fd, void *address, unsigned int size)');
const listenCall = systemCall('int listen(int fd, int backlog)');

/** A socket that keeps a port from others; nobody answers on it. */
export interface BoundSocket extends Disposable {
  readonly fd: number;
  /** From now on nobody else can have the port, however he asks (TCP only). @throws LamellaError `EADDRINUSE` */
  listen(): void;
}

/**
 * @param address its 4 or 16 bytes
 * @throws LamellaError with the code `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`
 */
export function bindSocket(protocol: 'tcp' | 'udp', address: Uint8Array, port: number): BoundSocket {
  const isFour = address.byteLength === 4;
  const type = protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
  const fd = socketCall('open a socket', isFour ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
  try {
    if (!isFour) enable(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    // Connections that have ended and still linger do not count.
    if (protocol === 'tcp') enable(fd, SOL_SOCKET, SO_REUSEADDR);
    const name = socketAddress(address, port);
    bindCall(`bind port ${port}`, fd, name, name.byteLength);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    fd,
    listen: () => void (protocol === 'tcp' && listenCall(`listen on port ${port}`, fd, 1)),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function enable(fd: number, level: number, name: number): void {
  optionCall('set an option of a socket', fd, level, name, Buffer.of(1, 0, 0, 0), 4);
}

/** struct sockaddr_in and sockaddr_in6 */
function socketAddress(address: Uint8Array, port: number): Buffer {
  const isFour = address.byteLength === 4;
  const result = Buffer.alloc(isFour ? 16 : 28);
  result.writeUInt16LE(isFour ? AF_INET : AF_INET6, 0);
  result.writeUInt16BE(port, 2);
  result.set(address, isFour ? 4 : 8);
  return result;
}
