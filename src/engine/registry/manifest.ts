import { isLamellaError, LamellaError } from '../../base/errors.ts';
import { formatReference } from '../../oci/reference.ts';
import { describeManifest } from '../../remote/manifest/describe-manifest.ts';
import { readManifest } from '../../remote/manifest/read-manifest.ts';
import type { ApiObject, OperationOptions } from '../ports/common.ts';
import { openNamed } from './named-repository.ts';
import type { Remote } from './remote.ts';

/**
 * `docker manifest inspect`: the document as the registry has it, or what Docker's `--verbose` tells of each image.
 *
 * @throws LamellaError not-found `manifest-unknown`, in Docker's words
 */
export async function remoteManifest(
  remote: Remote,
  name: string,
  { verbose = false, signal }: OperationOptions & { verbose?: boolean },
): Promise<{ bytes: Uint8Array } | ApiObject | readonly ApiObject[]> {
  const { repository, reference, wanted } = openNamed(remote, name);
  const full = formatReference(reference);
  try {
    const read = await readManifest(repository, wanted, { signal });
    if (!verbose) return { bytes: read.remote.bytes };
    return await describeManifest(repository, read, full, { signal });
  } catch (error) {
    if (!isLamellaError(error, 'not-found')) throw error;
    throw new LamellaError('not-found', `no such manifest: ${full}`, {
      code: 'manifest-unknown',
      cause: error,
    });
  }
}
