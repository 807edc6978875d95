import { open, rm } from 'node:fs/promises';
import { messageOf, systemErrorCode } from '../../../base/errors.ts';
import { CliError } from '../../errors/cli-error.ts';

/** The file of `--cidfile`, made before the container is: it goes again where there is no ID to write. */
export interface IdFile extends AsyncDisposable {
  write(id: string): Promise<void>;
}

/** @throws CliError where there is such a file, or it cannot be made */
export async function makeIdFile(path: string, { forRun }: { forRun: boolean }): Promise<IdFile> {
  const failure = forRun ? { exitCode: 125, isIntroduced: true } : {};
  const file = await open(path, 'wx', 0o644).catch((error: unknown) => {
    if (systemErrorCode(error) === 'EEXIST') {
      throw new CliError(
        `container ID file found, make sure the other container isn't running or delete ${path}`,
        failure,
      );
    }
    const reason = systemErrorCode(error) === 'ENOENT' ? 'no such file or directory' : messageOf(error);
    throw new CliError(`failed to create the container ID file: open ${path}: ${reason}`, failure);
  });
  let isWritten = false;
  return {
    async write(id) {
      await file.writeFile(id);
      isWritten = true;
    },
    async [Symbol.asyncDispose]() {
      await file.close();
      if (!isWritten) await rm(path, { force: true });
    },
  };
}
