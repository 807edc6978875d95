import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommand, type TestStore } from './command.ts';
import { makeTinyRoot } from './transcript.ts';

/** A folder of the test's own. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A tar archive of busybox and its links, made in `folder`. */
export async function makeTinyArchive(folder: string): Promise<string> {
  const root = join(folder, 'root');
  const archive = join(folder, 'root.tar');
  mkdirSync(root);
  makeTinyRoot(root);
  const { code, stderr } = await runCommand('tar', ['-cf', archive, '-C', root, '.']);
  if (code !== 0) throw new Error(stderr);
  return archive;
}

/** Imports busybox into the store as `tiny:1`. */
export async function importTiny(t: TestContext, store: TestStore): Promise<void> {
  await store.ok(['import', '-c', 'CMD ["sh"]', await makeTinyArchive(temporaryFolder(t)), 'tiny:1']);
}
