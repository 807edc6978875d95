import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createTestStore, lamellaCommand, whyNoContainers } from '../support/command.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { commandsOf, makeTinyRoot, needsRegistry, runTranscript, stepsOf } from '../support/transcript.ts';

/**
 * The steps of the tutorials. What stands in the files is what the real Docker printed for them, recorded by
 * scripts/record-transcripts.ts; Lamella must print the same, but for its own name and the hints that it adds.
 */
const folder = join(import.meta.dirname, 'transcripts');

for (const driver of ['erofs', 'overlay']) {
  for (const file of readdirSync(folder)) {
    test(`${file} reads as with Docker (${driver} driver)`, async (t) => {
      const reason = whyNoContainers();
      if (reason !== undefined) return t.skip(reason);
      const { env } = createTestStore(t, { LAMELLA_STORAGE_DRIVER: driver });
      const cwd = mkdtempSync(join(tmpdir(), 'transcript-'));
      t.after(() => rmSync(cwd, { recursive: true, force: true }));
      mkdirSync(join(cwd, 'root'));
      makeTinyRoot(join(cwd, 'root'));
      const expected = readFileSync(join(folder, file), 'utf8');
      await using registry = needsRegistry(expected) ? await startFakeRegistry() : undefined;
      const printed = await runTranscript(commandsOf(expected), {
        prelude: `docker() { ${lamellaCommand} "$@"; }`,
        cwd,
        env: { ...env, REGISTRY: registry?.domain },
      });
      assert.deepEqual(
        stepsOf(printed.replaceAll('lamella', 'docker').replace(/^Hint: .*\n/gm, '')),
        stepsOf(expected),
      );
    });
  }
}
