import { readFully } from '../base/files.ts';

/** Up to `length` bytes from `offset` of an open file; fewer only where it ends. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readFully(fd, bytes, offset));
}
