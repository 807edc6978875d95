import { readFile } from 'node:fs/promises';

/** One line of /proc/self/mountinfo, as far as it is of use here (proc_pid_mountinfo(5)). */
export interface MountEntry {
  readonly id: number;
  /** Major and minor number of the file system, `0:45`. */
  readonly device: string;
  readonly readOnly: boolean;
  /** What is mounted in it appears elsewhere too. */
  readonly isShared: boolean;
  /** What is mounted in another one appears in it. */
  readonly isSlave: boolean;
  readonly target: string;
  readonly type: string;
  readonly source: string;
}

/** What is mounted in a process's mount namespace, in the order of mounting; in that of this process by default. */
export async function readMountTable(pid: number | 'self' = 'self'): Promise<MountEntry[]> {
  return parseMountTable(await readFile(`/proc/${pid}/mountinfo`, 'utf8'));
}

export function parseMountTable(text: string): MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ', 2);
    const [id, , device, , target, options, ...tags] = before?.split(' ') ?? [];
    const [type, source] = after?.split(' ', 2) ?? [];
    if (device === undefined || target === undefined || type === undefined || source === undefined) continue;
    entries.push({
      id: Number(id),
      device,
      readOnly: options?.split(',').includes('ro') === true,
      isShared: tags.some((tag) => tag.startsWith('shared:')),
      isSlave: tags.some((tag) => tag.startsWith('master:')),
      target: unescape(target),
      type,
      source: unescape(source),
    });
  }
  return entries;
}

/** Space, tab, newline and backslash are written as `\` and three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
