import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../base/errors.ts';
import type { MemberFinder } from './file-source.ts';
import { memberNameOf } from './member-name.ts';

/** Nothing else of a directory is ever opened, whatever a document says. */
const layoutFile = /^(?:index\.json|oci-layout|manifest\.json|blobs\/sha(?:256|512)\/[0-9a-f]{64,128})$/;

/** An OCI layout as a directory, or an archive that somebody unpacked. Files in it that are links are not followed. */
export function createDirectoryFinder(path: string): MemberFinder & AsyncDisposable {
  const opened = new Map<string, FileHandle>();
  return {
    async find(text) {
      const name = memberNameOf(text);
      if (!layoutFile.test(name)) return undefined;
      const file = opened.get(name) ?? (await openRegular(join(path, name)));
      if (file === undefined) return undefined;
      opened.set(name, file);
      return { file, offset: 0, size: (await file.stat()).size };
    },
    async [Symbol.asyncDispose]() {
      for (const file of opened.values()) await file.close();
    },
  };
}

async function openRegular(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
