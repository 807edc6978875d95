/**
 * Records test/e2e/transcripts/*.txt anew with a real Docker: every `$ ` line is run, what it prints replaces what stands
 * there. The daemon should be empty. Usage: DOCKER_HOST=… scripts/node scripts/record-transcripts.ts [NAME…]
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDockerRegistry } from '../test/support/docker-registry.ts';
import { commandsOf, makeTinyRoot, needsRegistry, runTranscript } from '../test/support/transcript.ts';

const folder = join(import.meta.dirname, '..', 'test', 'e2e', 'transcripts');
const wanted = new Set(process.argv.slice(2));
for (const file of readdirSync(folder).filter((name) => wanted.size === 0 || wanted.has(name))) {
  const cwd = mkdtempSync(join(tmpdir(), 'transcript-'));
  mkdirSync(join(cwd, 'root'));
  makeTinyRoot(join(cwd, 'root'));
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  const registry = needsRegistry(before) ? await startDockerRegistry() : undefined;
  if (typeof registry === 'string') throw new Error(registry);
  const env = { REGISTRY: registry?.domain };
  writeFileSync(path, await runTranscript(commandsOf(before), { prelude: '', cwd, env }));
  await registry?.[Symbol.asyncDispose]();
  rmSync(cwd, { recursive: true });
  console.log(`recorded ${file}`);
}
