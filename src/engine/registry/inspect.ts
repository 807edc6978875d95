import { LamellaError } from '../../base/errors.ts';
import { goTimeToMilliseconds, parseGoTime } from '../../oci/go-time.ts';
import { type ImageConfig, parseImageConfig } from '../../oci/image-config.ts';
import { isImageConfigMediaType } from '../../oci/media-types.ts';
import { hostPlatform, parsePlatform } from '../../oci/platform.ts';
import { familiarName, familiarReference } from '../../oci/reference.ts';
import { type ResolvedImage, resolveImage } from '../../remote/manifest/resolve-image.ts';
import type { ImageRecord } from '../../images/image-record.ts';
import { inspectImage } from '../image-inspect.ts';
import type { ApiObject, OperationOptions } from '../ports/common.ts';
import { openNamed } from './named-repository.ts';
import type { Remote } from './remote.ts';

/**
 * `image inspect` of an image at its registry. Its size is that of the compressed layers, since the other is not known
 * before they are here; no driver has it.
 */
export async function inspectRemote(
  remote: Remote,
  name: string,
  { platform, signal }: OperationOptions & { platform?: string | undefined },
): Promise<ApiObject> {
  const { repository, reference, wanted } = openNamed(remote, name);
  const wished = platform === undefined ? hostPlatform() : parsePlatform(platform);
  const resolved = await resolveImage(repository, wanted, wished, { signal });
  const { mediaType } = resolved.image.config;
  if (!isImageConfigMediaType(mediaType)) {
    throw new LamellaError('unsupported', `${familiarReference(reference)} is no image: ${mediaType}`, {
      code: 'image-unsupported',
    });
  }
  const config = parseImageConfig(await repository.document(resolved.image.config, { signal }));
  const { digest: _, ...tagged } = reference;
  const inspected = inspectImage({
    record: recordOf(resolved, config),
    config,
    tags: tagged.tag === undefined ? [] : [familiarReference(tagged)],
    digests: [`${familiarName(reference)}@${resolved.root.digest}`],
    driverName: '',
    root: '',
  });
  return { ...inspected, GraphDriver: { Data: null, Name: '' } };
}

function recordOf({ image }: ResolvedImage, config: ImageConfig): ImageRecord {
  return {
    id: image.config.digest,
    parentId: undefined,
    created: config.created ?? '',
    createdAt: config.created === undefined ? 0 : goTimeToMilliseconds(parseGoTime(config.created)),
    size: image.layers.reduce((sum, { size }) => sum + size, 0),
    os: config.os,
    architecture: config.architecture,
    variant: config.variant ?? '',
    labels: config.config?.Labels,
    storedAt: 0,
    lastTaggedAt: undefined,
    removedAt: undefined,
  };
}
