import { LamellaError } from '../../base/errors.ts';
import type { ByteStream } from '../../base/streams.ts';
import { collectBytes } from '../../base/streams.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestAlgorithm, Digester } from '../../oci/digest.ts';
import { documentLimit } from '../../oci/strict-json.ts';
import { ServerFailure } from '../http/failure.ts';
import type { HttpResponse } from '../http/message.ts';
import { patiently } from '../http/retry.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { blobAnswer, type BlobAnswer, blobPieces, type Extent, rangeOf } from './blob-range.ts';
import { refusalOf, type RepositoryContext } from './context.ts';
import { askForeign, isForeign } from './foreign-layer.ts';
import { registryError } from './registry-error.ts';
import type { RemoteBlob, RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';

type BlobDescriptor = Pick<Descriptor, 'digest' | 'size' | 'urls'>;

/** @see RepositoryClient.blob */
export async function readBlob(
  context: RepositoryContext,
  descriptor: BlobDescriptor,
  { start = 0, end = descriptor.size, signal }: RequestOptions & { start?: number; end?: number } = {},
): Promise<RemoteBlob> {
  const asked: Extent = { start, end: Math.min(end, descriptor.size), size: descriptor.size };
  const attempt = async (endpoint: Endpoint): Promise<RemoteBlob> => {
    const request = async (extent: Extent): Promise<BlobAnswer> =>
      await askBlob(context, endpoint, descriptor, extent, signal);
    return remoteBlob(context, endpoint, await request(asked), request, asked);
  };
  try {
    return await tryEndpoints(context, context.domain, attempt, { purpose: 'pull', signal });
  } catch (error) {
    if (!isForeign(descriptor) || !(error instanceof LamellaError) || error.kind !== 'not-found') throw error;
    return await askForeign(context, descriptor, asked, signal);
  }
}

/** @see RepositoryClient.document */
export async function readDocument(
  context: RepositoryContext,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
  { signal }: RequestOptions = {},
): Promise<Buffer> {
  const { digest, size } = descriptor;
  if (size > documentLimit) {
    throw new LamellaError('invalid', `content is larger than ${documentLimit} bytes`, { code: 'too-large' });
  }
  return await patiently(
    async () => {
      const blob = await readBlob(context, descriptor, { signal });
      const bytes = await collectBytes(blob.bytes, size);
      const digester = new Digester(digestAlgorithm(digest));
      digester.update(bytes);
      const found = digester.digest();
      if (found === digest) return bytes;
      const message = `digest mismatch: expected ${digest}, got ${found}`;
      blob.reject(message);
      throw new ServerFailure('invalid', message, { code: 'digest-mismatch', again: 'briefly' });
    },
    { patience: context.patience, signal },
  );
}

function remoteBlob(
  { registries, memory }: RepositoryContext,
  endpoint: Endpoint,
  answer: BlobAnswer,
  request: (extent: Extent) => Promise<BlobAnswer>,
  asked: Extent,
): RemoteBlob {
  return {
    start: answer.start,
    bytes: measured(blobPieces(answer, asked, request), (speed) => {
      registries.report(endpoint, { kind: 'answered', speed });
    }),
    reject(reason) {
      memory.distrust(endpoint);
      registries.report(endpoint, { kind: 'wrong', reason });
    },
  };
}

async function askBlob(
  context: RepositoryContext,
  endpoint: Endpoint,
  { digest }: BlobDescriptor,
  extent: Extent,
  signal: AbortSignal | undefined,
): Promise<BlobAnswer> {
  const { ask, path, scopes } = context;
  const send = async (range: string | undefined): Promise<HttpResponse> =>
    await ask(endpoint, {
      method: 'GET',
      path: `/v2/${path}/blobs/${digest}`,
      scopes,
      signal,
      ...(range !== undefined && { headers: { range } }),
    });
  const range = rangeOf(extent);
  let response = await send(range);
  if (response.status === 416 && range !== undefined) {
    response.discard();
    response = await send(undefined);
  }
  if (response.status === 404) {
    response.discard();
    throw new LamellaError('not-found', `blob unknown: blob unknown to registry: ${digest}`, {
      code: 'blob-unknown',
    });
  }
  if (response.status !== 200 && response.status !== 206) {
    throw await registryError(response, refusalOf(context, endpoint));
  }
  return blobAnswer(response, extent);
}

/** Bytes a second are told where there are enough to tell. */
async function* measured(bytes: ByteStream, tell: (speed: number) => void): ByteStream {
  const began = performance.now();
  let size = 0;
  /** Milliseconds that the reader took. */
  let elsewhere = 0;
  for await (const piece of bytes) {
    size += piece.byteLength;
    const given = performance.now();
    yield piece;
    elsewhere += performance.now() - given;
  }
  const seconds = (performance.now() - began - elsewhere) / 1000;
  if (size >= 1 << 20 && seconds > 0) tell(size / seconds);
}
