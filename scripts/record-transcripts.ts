/**
 * Records test/e2e/transcripts/*.txt anew with a real Docker: every `$ ` line is run, what it prints replaces what stands
 * there. The daemon should be empty. Usage: DOCKER_HOST=… scripts/node scripts/record-transcripts.ts [NAME…]
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandsOf, makeTinyRoot, runTranscript } from '../test/support/transcript.ts';

const folder = join(import.meta.dirname, '..', 'test', 'e2e', 'transcripts');
const wanted = new Set(process.argv.slice(2));
for (const file of readdirSync(folder).filter((name) => wanted.size === 0 || wanted.has(name))) {
  const cwd = mkdtempSync(join(tmpdir(), 'transcript-'));
  mkdirSync(join(cwd, 'root'));
  makeTinyRoot(join(cwd, 'root'));
  const path = join(folder, file);
  writeFileSync(path, await runTranscript(commandsOf(readFileSync(path, 'utf8')), { prelude: '', cwd }));
  rmSync(cwd, { recursive: true });
  console.log(`recorded ${file}`);
}
