import { LamellaError } from '../../base/errors.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { parseReference, withDefaultTag } from '../../oci/reference.ts';
import { copyBetween } from '../../remote/copy/copy-image.ts';
import type { OperationOptions } from '../ports/common.ts';
import { openNamed } from './named-repository.ts';
import type { Remote } from './remote.ts';

/**
 * Copies an image from one name to another without bringing it here.
 *
 * @throws LamellaError invalid `reference-invalid` where the target has a digest: that follows from the content
 */
export async function copyImage(
  remote: Remote,
  source: string,
  target: string,
  {
    platform,
    referrers,
    ...options
  }: OperationOptions & { platform?: string | undefined; referrers?: boolean },
): Promise<{ digest: string; referrers: number }> {
  const from = openNamed(remote, source);
  const to = withDefaultTag(parseReference(target));
  if (to.digest !== undefined) {
    throw new LamellaError('invalid', 'cannot push a digest reference', { code: 'reference-invalid' });
  }
  const mountFrom = from.reference.domain === to.domain ? [from.reference.path] : [];
  return await copyBetween(
    {
      source: from.repository,
      reference: from.wanted,
      target: remote.client.repository(to, { access: 'push', mountFrom }),
      tag: to.tag ?? 'latest',
      platform: platform === undefined ? undefined : parsePlatform(platform),
      referrers,
    },
    options,
  );
}
