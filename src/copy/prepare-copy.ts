import { LamellaError } from '../base/errors.ts';
import { assertsDirectory, splitEntry } from './copy-paths.ts';

interface CopySource {
  readonly path: string;
  readonly isDirectory: boolean;
  /** The name under which it is copied, where that is not the path's own. */
  readonly rename?: string | undefined;
}

interface CopyTarget {
  readonly path: string;
  readonly exists: boolean;
  readonly isDirectory: boolean;
}

/**
 * Decides where a copy goes: into which directory, and under which name there. A directory that exists receives the
 * source; else the source gets the name of the target (moby/go-archive, PrepareArchiveCopy).
 *
 * @throws LamellaError invalid `local-directory-onto-file`, not-found `local-no-directory`
 */
export function prepareCopy(source: CopySource, target: CopyTarget): { folder: string; name: string } {
  const name = source.rename ?? splitEntry(source.path).base;
  if (target.exists && target.isDirectory) return { folder: target.path, name };
  if (target.exists && source.isDirectory) {
    throw new LamellaError('invalid', 'cannot copy directory', {
      code: 'local-directory-onto-file',
      hint: 'What is there at the target is not a directory.',
    });
  }
  if (!target.exists && !source.isDirectory && assertsDirectory(target.path)) {
    throw new LamellaError('not-found', 'no such directory', {
      code: 'local-no-directory',
      hint: 'Make that directory first, or leave the slash at its end out.',
    });
  }
  const { folder, base } = splitEntry(target.path);
  return { folder, name: base };
}
