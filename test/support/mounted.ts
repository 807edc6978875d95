import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder on a small disk of its own, or undefined after the test was skipped because this machine cannot make one. */
export function openSmallDisk(t: TestContext, size: string): string | undefined {
  return mounted(t, (folder) => ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
}

/** The same folder as another one, but nothing can be written there. */
export function openReadOnly(t: TestContext, source: string): string | undefined {
  return mounted(t, (folder) => ['--bind', '-o', 'ro', source, folder]);
}

function mounted(t: TestContext, args: (folder: string) => string[]): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    t.skip('mounting needs root');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lamella-mounted-'));
  const { status, stderr } = spawnSync('mount', args(folder), { encoding: 'utf8' });
  t.after(() => {
    if (status === 0) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  if (status === 0) return folder;
  t.skip(`cannot mount: ${stderr}`);
  return undefined;
}
