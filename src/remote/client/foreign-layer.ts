import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { wrongAnswer } from '../http/failure.ts';
import { isLinkLocal, linkLocalRefused } from '../http/link-local.ts';
import { sendFollowing } from '../http/redirects.ts';
import { patiently } from '../http/retry.ts';
import { blobAnswer, type BlobAnswer, blobPieces, type Extent, rangeOf } from './blob-range.ts';
import type { RepositoryContext } from './context.ts';
import type { RemoteBlob } from './repository.ts';

const mostUrls = 8;

type ForeignDescriptor = Pick<Descriptor, 'digest' | 'urls'>;

/** Whether the descriptor says where else the blob is (OCI Image Specification, descriptor.md, `urls`). */
export function isForeign({ urls }: ForeignDescriptor): boolean {
  return urls !== undefined && urls.length > 0;
}

/**
 * Asks the addresses that a manifest names for a layer which the registry does not have. Anybody may have written them:
 * they see no credentials, and lead to no link-local address.
 */
export async function askForeign(
  { transport, patience }: RepositoryContext,
  { digest, urls = [] }: ForeignDescriptor,
  asked: Extent,
  signal: AbortSignal | undefined,
): Promise<RemoteBlob> {
  let failure: unknown;
  for (const text of urls.slice(0, mostUrls)) {
    try {
      const url = foreignUrl(text);
      const request = async (extent: Extent): Promise<BlobAnswer> => {
        const range = rangeOf(extent);
        const headers = { ...(range !== undefined && { range }) };
        const tls = { verify: true };
        const response = await sendFollowing(transport, {
          method: 'GET',
          url,
          headers,
          tls,
          signal,
          guarded: true,
        });
        if (response.status === 200 || response.status === 206) return blobAnswer(response, extent);
        response.discard();
        throw wrongAnswer(`${url.host} answered with status ${response.status} for the layer ${digest}`);
      };
      const answer = await patiently(async () => await request(asked), { patience, signal });
      return { start: answer.start, bytes: blobPieces(answer, asked, request), reject: () => {} };
    } catch (error) {
      if (!(error instanceof LamellaError) || error.kind === 'cancelled') throw error;
      failure = error;
    }
  }
  throw failure;
}

function foreignUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw wrongAnswer('invalid manifest: a layer has an address that is no HTTP URL');
  }
  if (isLinkLocal(url.hostname)) throw linkLocalRefused(url.hostname);
  url.username = '';
  url.password = '';
  return url;
}
