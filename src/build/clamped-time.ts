import type { TarTime } from '../tar/entry.ts';

/** Files of a context get the build's time, since theirs tells when somebody checked them out; those of a stage keep theirs, if older. */
export function clampedTime(
  epoch: number | undefined,
  keepsOlder: boolean,
): (time: TarTime | undefined) => TarTime {
  if (epoch === undefined) {
    const now = Math.floor(Date.now() / 1000);
    return (time) => ({ seconds: time?.seconds ?? now, nanoseconds: 0 });
  }
  return (time) => {
    const seconds = keepsOlder && time !== undefined ? Math.min(time.seconds, epoch) : epoch;
    return { seconds, nanoseconds: 0 };
  };
}
