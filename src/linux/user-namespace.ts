import { readFileSync } from 'node:fs';

/** Whether this process is in a user namespace other than the machine's: what only the machine's root may, it may not. */
export function isInUserNamespace(): boolean {
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false;
  }
}

/** The last of the IDs that follow each other from 0 on in this process's user namespace; -1 where there is not even 0. */
export function lastMappedId(kind: 'uid' | 'gid'): number {
  const ranges = readFileSync(`/proc/self/${kind}_map`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .sort(([a = 0], [b = 0]) => a - b);
  let next = 0;
  for (const [start = 0, , count = 0] of ranges) if (start === next) next += count;
  return next - 1;
}
