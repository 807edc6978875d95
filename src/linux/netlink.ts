import { closeSync } from 'node:fs';
import { systemCall } from './libc.ts';
import { systemError } from './system-error.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_MULTI = 2;
const NLM_F_ACK = 4;
const NLM_F_DUMP_INTR = 16;

const headerSize = 16;
/** Netlink aligns everything to four bytes. */
const aligned = (size: number): number => (size + 3) & ~3;

const socketCall = systemCall('int socket(int domain, int type, int protocol)');
const sendCall = systemCall('long send(int fd, void *data, size_t size, int flags)');
const receiveCall = systemCall('long recv(int fd, void *data, size_t size, int flags)');

/** NETLINK_…: which part of the kernel is spoken to. */
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_DUMP = 0x300;

interface NetlinkRequest {
  /** What fails, for the error's message: `add device br0`. */
  readonly doing: string;
  readonly type: number;
  /** NLM_F_… besides those that every request has. */
  readonly flags?: number;
  readonly body: Buffer;
}

/**
 * A conversation with the kernel (netlink(7)), in the network namespace in which it was opened. The kernel answers while
 * it is asked, so nothing here waits.
 */
export interface Netlink extends Disposable {
  /**
   * @returns bodies of the messages that the kernel answered with
   * @throws LamellaError with errno's name as code
   */
  request(request: NetlinkRequest): Buffer[];
}

export function openNetlink(protocol: number): Netlink {
  const fd = socketCall('open a netlink socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  const buffer = Buffer.alloc(64 << 10);
  let sequence = 0;

  function* answers(doing: string): Generator<Buffer> {
    for (;;) {
      const size = receiveCall(doing, fd, buffer, buffer.byteLength, 0);
      for (let at = 0; at + headerSize <= size;) {
        const length = buffer.readUInt32LE(at);
        if (length < headerSize) throw new Error('netlink: a message shorter than its header');
        yield buffer.subarray(at, at + length);
        at += aligned(length);
      }
    }
  }

  function ask(asked: NetlinkRequest): { bodies: Buffer[]; interrupted: boolean } {
    const { doing, type, flags = 0, body } = asked;
    sequence += 1;
    const dump = (flags & NLM_F_DUMP) === NLM_F_DUMP && (flags & NLM_F_CREATE) === 0;
    const header = Buffer.alloc(headerSize);
    header.writeUInt32LE(headerSize + body.byteLength, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(flags | NLM_F_REQUEST | (dump ? 0 : NLM_F_ACK), 6);
    header.writeUInt32LE(sequence, 8);
    const message = Buffer.concat([header, body]);
    sendCall(doing, fd, message, message.byteLength, 0);
    const bodies: Buffer[] = [];
    let interrupted = false;
    for (const answer of answers(doing)) {
      // Of an earlier request that was not read to its end.
      if (answer.readUInt32LE(8) !== sequence) continue;
      const kind = answer.readUInt16LE(4);
      interrupted ||= (answer.readUInt16LE(6) & (NLM_F_MULTI | NLM_F_DUMP_INTR)) > NLM_F_DUMP_INTR;
      if (kind === NLMSG_ERROR || kind === NLMSG_DONE) {
        const errno = answer.byteLength >= headerSize + 4 ? -answer.readInt32LE(headerSize) : 0;
        if (errno > 0) throw systemError(doing, errno);
        return { bodies, interrupted };
      }
      bodies.push(Buffer.from(answer.subarray(headerSize)));
    }
    throw new Error('netlink: no answer');
  }

  return {
    request(asked) {
      for (;;) {
        const { bodies, interrupted } = ask(asked);
        // What was listed changed meanwhile: the list may lack something.
        if (!interrupted) return bodies;
      }
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** One attribute: length, type, content. Nested ones are their parts joined. */
export function attribute(type: number, ...content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, part) => sum + part.byteLength, 4);
  const header = Buffer.alloc(4);
  header.writeUInt16LE(size, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, ...content], aligned(size));
}

/** A number of 32 bits as an attribute. */
export function attribute32(type: number, value: number): Buffer {
  const content = Buffer.alloc(4);
  content.writeUInt32LE(value);
  return attribute(type, content);
}

/** Text with a NUL at its end as an attribute. */
export function attributeText(type: number, text: string): Buffer {
  return attribute(type, Buffer.from(`${text}\0`, 'utf8'));
}

/** The attributes in `bytes` by their type; of several of one type the last. */
export function readAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.byteLength;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    // The two highest bits say how the content is written.
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return found;
}
