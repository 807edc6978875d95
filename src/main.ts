import { availableParallelism } from 'node:os';
import { runCommandLine } from './cli/run.ts';
import { processIo } from './cli/output/process-io.ts';
import { exitVerb, keeperVerb } from './engine/exit-command.ts';
import { version } from './engine/version.ts';
import { returnToFolder } from './rootless/return-to-folder.ts';

// Before anything uses the thread pool, which has four threads otherwise: layers are compressed and unpacked on all cores.
if (availableParallelism() > 4) process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism());

async function main(argv: readonly string[]): Promise<number> {
  returnToFolder();
  const [verb, root, storageDriver, id] = argv;
  if (verb === exitVerb && id !== undefined) {
    const { openEngine } = await import('./engine/engine.ts');
    await using engine = openEngine({ root, storageDriver: storageDriver || undefined });
    await engine.recordExit(id);
    return 0;
  }
  if (verb === keeperVerb && root !== undefined) {
    const { openEngine } = await import('./engine/engine.ts');
    await using engine = openEngine({ root, storageDriver: storageDriver || undefined });
    await engine.keepHealth();
    return 0;
  }
  const namespaceProblem = process.getuid?.() === 0 ? undefined : await goWhereRootIs(argv);
  return await runCommandLine(argv, {
    io: processIo(),
    openEngine: async (options) =>
      (await import('./engine/engine.ts')).openEngine({ ...options, namespaceProblem }),
    version,
  });
}

/**
 * An ordinary user's command goes on in their user namespace, where that is of use.
 *
 * @returns why there is none, for those commands that can do part of their work without
 */
async function goWhereRootIs(argv: readonly string[]): Promise<Error | undefined> {
  const [{ parseGlobals }, { enterNamespace }, { storeRoot }] = await Promise.all([
    import('./cli/arguments/parse-globals.ts'),
    import('./rootless/enter-namespace.ts'),
    import('./engine/settings.ts'),
  ]);
  const { word, root } = parseGlobals(argv);
  return await enterNamespace({ word, root: storeRoot(root, process.env) });
}

void main(process.argv.slice(2)).then((code) => {
  process.exit(code);
});
