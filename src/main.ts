import { availableParallelism } from 'node:os';
import { runCommandLine } from './cli/run.ts';
import { processIo } from './cli/output/process-io.ts';
import { exitVerb } from './engine/exit-command.ts';
import { version } from './engine/version.ts';

// Before anything uses the thread pool, which has four threads otherwise: layers are compressed and unpacked on all cores.
if (availableParallelism() > 4) process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism());

async function main(argv: readonly string[]): Promise<number> {
  const [verb, root, storageDriver, id] = argv;
  if (verb === exitVerb && id !== undefined) {
    const { openEngine } = await import('./engine/engine.ts');
    await using engine = openEngine({ root, storageDriver: storageDriver || undefined });
    await engine.recordExit(id);
    return 0;
  }
  return await runCommandLine(argv, {
    io: processIo(),
    openEngine: async (options) => (await import('./engine/engine.ts')).openEngine(options),
    version,
  });
}

void main(process.argv.slice(2)).then((code) => {
  process.exit(code);
});
