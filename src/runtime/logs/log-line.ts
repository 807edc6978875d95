import type { OutputPiece } from '../attach.ts';

/** One line of the log that conmon's `k8s-file` driver writes: `<time> <stream> <F|P> <text>`. */
export interface LogLine {
  /** As written: RFC 3339 with nanoseconds and the machine's offset. */
  readonly time: string;
  readonly stream: OutputPiece['stream'];
  /** False for a piece of a line that goes on in the next piece: it was written without a newline. */
  readonly complete: boolean;
  /** Without the newline. */
  readonly text: Buffer;
}

const space = 0x20;

/** Reads a line without its newline; undefined for what is none, such as the torn end of a log after a crash. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first <= 0 || second === -1 || third === -1) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  const tag = line.toString('latin1', second + 1, third);
  if ((stream !== 'stdout' && stream !== 'stderr') || !/^[FP]/.test(tag)) return undefined;
  return {
    time: line.toString('latin1', 0, first),
    stream,
    complete: tag.startsWith('F'),
    text: line.subarray(third + 1),
  };
}

/** The time in UTC with nanoseconds, as Docker prints it; what is no time stays as it is. */
export function utcTime(time: string): string {
  const match = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  if (match === null) return time;
  const [, seconds, fraction = '', offset] = match;
  const utc = new Date(`${seconds}${offset}`);
  if (Number.isNaN(utc.getTime())) return time;
  return `${utc.toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`;
}
