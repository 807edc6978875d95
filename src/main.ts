import { runCommandLine } from './cli/run.ts';
import { processIo } from './cli/output/process-io.ts';
import { exitVerb } from './engine/exit-command.ts';
import { version } from './engine/version.ts';

const argv = process.argv.slice(2);
const [verb, root, storageDriver, id] = argv;
if (verb === exitVerb && id !== undefined) {
  const { openEngine } = await import('./engine/engine.ts');
  await using engine = openEngine({ root, storageDriver: storageDriver || undefined });
  await engine.recordExit(id);
} else {
  process.exitCode = await runCommandLine(argv, {
    io: processIo(),
    openEngine: async (options) => (await import('./engine/engine.ts')).openEngine(options),
    version,
  });
}
