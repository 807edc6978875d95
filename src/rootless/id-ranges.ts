import { readFileSync } from 'node:fs';

/** Numbers that an administrator has set aside for a user: `count` of them from `start` on. */
export interface IdRange {
  readonly start: number;
  readonly count: number;
}

/** The user's lines of /etc/subuid or /etc/subgid (subuid(5)), which name the user or give the number. */
export function parseIdRanges(text: string, { uid, name }: { uid: number; name: string }): IdRange[] {
  return text.split('\n').flatMap((line) => {
    const [owner = '', start = '', count = ''] = line.trim().split(':');
    if (owner !== name && owner !== String(uid)) return [];
    if (!/^[0-9]+$/.test(start) || !/^[1-9][0-9]*$/.test(count)) return [];
    return [{ start: Number(start), count: Number(count) }];
  });
}

export function readIdRanges(path: string, user: { uid: number; name: string }): IdRange[] {
  try {
    return parseIdRanges(readFileSync(path, 'utf8'), user);
  } catch {
    return [];
  }
}

/**
 * Arguments of newuidmap(1) behind the pid: the user becomes 0, their ranges follow from 1 on.
 *
 * @param own the user's own number outside
 */
export function idMap(own: number, ranges: readonly IdRange[]): string[] {
  let inside = 1;
  const lines = ranges.map(({ start, count }) => {
    const line = [inside, start, count];
    inside += count;
    return line;
  });
  return [[0, own, 1], ...lines].flat().map(String);
}
