import type { ImageSummary as StoredSummary } from '../images/list-images.ts';
import type { ImageSummary } from './ports/image-engine.ts';

/** A row of `GET /images/json` of the Docker Engine API. */
export function summaryOf(image: StoredSummary, options: { containers?: boolean } = {}): ImageSummary {
  return {
    Id: image.id,
    ParentId: image.parentId ?? '',
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Created: Math.floor(image.createdAt / 1000),
    Size: image.size,
    SharedSize: image.sharedSize ?? -1,
    Labels: image.labels ?? null,
    Containers: options.containers === true ? image.containers : -1,
  };
}
