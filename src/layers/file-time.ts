import type { TarTime } from '../tar/entry.ts';

const second = 1_000_000_000n;

/** A time of `fs.Stats`, in nanoseconds since 1970, as tar and EROFS have it: nanoseconds count forward, before 1970 too. */
export function fileTime(nanoseconds: bigint): TarTime {
  const rest = ((nanoseconds % second) + second) % second;
  return { seconds: Number((nanoseconds - rest) / second), nanoseconds: Number(rest) };
}
