import { isLamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestHex } from '../../oci/digest.ts';
import type { RepositoryClient } from '../client/repository.ts';
import type { RemoteOptions } from '../ports.ts';
import { openCopiedBlob } from './copied-blob.ts';

/** Another server may have the right content where one had a wrong one. */
const tries = 3;

/**
 * Brings one blob from a repository into another: not at all where it is there, by a mount within one registry, else
 * through this process without touching a disk. Told in the words of a push.
 */
export async function copyBlob(
  source: RepositoryClient,
  target: RepositoryClient,
  descriptor: Descriptor,
  { signal, onProgress }: RemoteOptions,
): Promise<void> {
  const id = digestHex(descriptor.digest).slice(0, 12);
  const total = descriptor.size;
  const tell = (status: string, current?: number): void =>
    onProgress?.({ id, status, ...(current !== undefined && { current, total }) });

  if (await target.hasBlob(descriptor.digest, { signal })) {
    tell('Layer already exists');
    return;
  }
  if (
    source.domain === target.domain &&
    (await target.mountBlob(descriptor.digest, source.path, { signal }))
  ) {
    tell(`Mounted from ${source.path}`);
    return;
  }
  for (let left = tries - 1; ; left -= 1) {
    const open = openCopiedBlob(source, descriptor, { signal });
    try {
      tell('Pushing', 0);
      await target.uploadBlob(descriptor, open, { signal, onProgress: (sent) => tell('Pushing', sent) });
      tell('Pushed');
      return;
    } catch (error) {
      if (left === 0 || !isLamellaError(error) || !wrongContent.has(error.code)) throw error;
    }
  }
}

const wrongContent: ReadonlySet<string> = new Set(['digest-mismatch', 'size-mismatch']);
