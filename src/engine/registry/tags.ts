import { hostPlatform } from '../../oci/platform.ts';
import { parseReference } from '../../oci/reference.ts';
import { listTags } from '../../remote/tags/list-tags.ts';
import type { OperationOptions } from '../ports/common.ts';
import type { RemoteTag } from '../ports/registry-engine.ts';
import type { Remote } from './remote.ts';

/** The tags of the repository that a name is of; a tag or a digest in it does not matter. */
export function tagsOf(
  { client }: Remote,
  name: string,
  { signal, onNames }: OperationOptions & { onNames?: (names: readonly string[]) => void },
): AsyncIterable<RemoteTag> {
  return listTags(client.repository(parseReference(name)), hostPlatform(), { signal, onNames });
}
