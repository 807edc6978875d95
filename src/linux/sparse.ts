import { isLamellaError } from '../base/errors.ts';
import { systemCall } from './libc.ts';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

const lseekCall = systemCall('long lseek(int fd, long offset, int whence)');

/**
 * The runs of a file that hold data, in order and within `size` bytes; what lies between them are holes. A file system
 * that knows nothing of holes gives one run. Moves the descriptor's position.
 */
export function dataRuns(fd: number, size: number): { offset: number; length: number }[] {
  const runs: { offset: number; length: number }[] = [];
  for (let at = 0; at < size;) {
    const start = seek(fd, at, SEEK_DATA);
    if (start === undefined || start >= size) break;
    const end = Math.min(seek(fd, start, SEEK_HOLE) ?? size, size);
    if (end <= start) break;
    runs.push({ offset: start, length: end - start });
    at = end;
  }
  return runs;
}

/** Undefined (ENXIO) where nothing of the kind follows. */
function seek(fd: number, offset: number, whence: number): number | undefined {
  try {
    return lseekCall('lseek', fd, offset, whence);
  } catch (error) {
    if (isLamellaError(error) && error.code === 'ENXIO') return undefined;
    throw error;
  }
}
