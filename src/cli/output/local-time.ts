/** Seconds since 1970 as Go's time.Time prints itself in the local zone: `2026-11-24 08:07:56 +0000 UTC`. */
export function goTime(seconds: number): string {
  const { date, time, offset } = parts(seconds);
  return `${date} ${time} ${offset.replace(':', '')} ${zoneName(seconds, offset)}`;
}

/** Seconds since 1970 as RFC 3339 in the local zone: `2026-11-24T08:07:56Z`. */
export function rfc3339(seconds: number): string {
  const { date, time, offset } = parts(seconds);
  return `${date}T${time}${offset === '+00:00' ? 'Z' : offset}`;
}

/** Nanoseconds since 1970 as RFC 3339 in the local zone with all nine digits: `2026-11-24T08:07:56.120000000Z`. */
export function rfc3339Nano(nanoseconds: bigint): string {
  const { date, time, offset } = parts(Number(nanoseconds / 1_000_000_000n));
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${date}T${time}.${fraction}${offset === '+00:00' ? 'Z' : offset}`;
}

function parts(seconds: number): { date: string; time: string; offset: string } {
  const minutes = -new Date(seconds * 1000).getTimezoneOffset();
  const [date = '', time = ''] = new Date((seconds + minutes * 60) * 1000).toISOString().split('T');
  const two = (number: number): string => String(Math.trunc(Math.abs(number))).padStart(2, '0');
  return {
    date,
    time: time.slice(0, 8),
    offset: `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`,
  };
}

function zoneName(seconds: number, offset: string): string {
  if (offset === '+00:00') return 'UTC';
  const name = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(seconds * 1000)
    .find((part) => part.type === 'timeZoneName')?.value;
  return name === undefined || name.includes('GMT') ? offset.replace(':', '') : name;
}
