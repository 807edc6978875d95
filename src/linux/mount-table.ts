import { readFile } from 'node:fs/promises';

/** One line of /proc/self/mountinfo, as far as it is of use here (proc_pid_mountinfo(5)). */
export interface MountEntry {
  readonly target: string;
  readonly type: string;
  readonly source: string;
}

/** What is mounted in this process's mount namespace, in the order of mounting. */
export async function readMountTable(): Promise<MountEntry[]> {
  return parseMountTable(await readFile('/proc/self/mountinfo', 'utf8'));
}

export function parseMountTable(text: string): MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ', 2);
    const target = before?.split(' ', 5)[4];
    const [type, source] = after?.split(' ', 2) ?? [];
    if (target === undefined || type === undefined || source === undefined) continue;
    entries.push({ target: unescape(target), type, source: unescape(source) });
  }
  return entries;
}

/** Space, tab, newline and backslash are written as `\` and three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
