import { isLamellaError, LamellaError, messageOf, systemErrorCode } from '../../base/errors.ts';
import { Digester } from '../../oci/digest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { familiarReference, type Reference } from '../../oci/reference.ts';
import type { RegistryClient, RepositoryClient } from '../../remote/client/repository.ts';
import { resolveImage } from '../../remote/manifest/resolve-image.ts';
import { parseMirrorUrl } from '../../remote/registries/mirror-url.ts';
import type { MirrorProblem, MirrorTest } from '../ports/registry-engine.ts';
import { probeImages } from './probe-image.ts';
import type { Remote } from './remote.ts';

/** What is needed to ask servers. */
export interface ProbeRemote extends Pick<Remote, 'clientOf'> {
  readonly registries: Pick<Remote['registries'], 'mirrorEndpoint' | 'endpoints'>;
}

/** Milliseconds that a mirror has to show that it works, and that its speed is measured. */
const patience = 30_000;
const longestMeasure = 5_000;
/** Bytes that are enough to tell a speed. */
const enough = 8 << 20;
/** Milliseconds that the registry itself, which a mirror is there to replace, has for an answer. */
const patienceForRegistry = 8_000;

interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly registry?: string | undefined;
  readonly image?: string | undefined;
}

/**
 * Asks a server for a small image as a pull would: the tag, the manifest, and some of its largest layer; then the
 * registry itself for the tag. Whatever is wrong with the server is part of the answer.
 *
 * @throws LamellaError for what the caller has got wrong, and cancelled
 */
export async function probeMirror(
  { registries, clientOf }: ProbeRemote,
  text: string,
  { signal, registry: wanted, image }: ProbeOptions,
): Promise<MirrorTest> {
  const { registry, images } = probeImages({ registry: wanted, image });
  const endpoint = await registries.mirrorEndpoint(text);
  const url = parseMirrorUrl(text);
  const limit = withLimit(signal, patience);
  await using client = clientOf([endpoint]);
  try {
    const found = await findImage(client, images, limit);
    const asked = { image: familiarReference(found.reference), digest: found.tag.digest };
    const { image: content } = await resolveImage(found.repository, found.tag.digest, hostPlatform(), {
      signal: limit,
    });
    const layer = content.layers.toSorted((a, b) => b.size - a.size)[0] ?? content.config;
    const speed = await measure(found.repository, layer, limit);
    await using own = clientOf(await registries.endpoints(registry, 'push'));
    const isCurrent = await compare(own, found, signal);
    return {
      url,
      registry,
      works: true,
      ...asked,
      latency: found.latency,
      ...(speed !== undefined && { speed }),
      ...(isCurrent !== undefined && { isCurrent }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    return { url, registry, works: false, ...problemOf(error, limit) };
  }
}

interface Found {
  readonly reference: Reference;
  readonly repository: RepositoryClient;
  readonly tag: Descriptor;
  /** Milliseconds. */
  readonly latency: number;
}

async function findImage(
  client: RegistryClient,
  images: readonly Reference[],
  signal: AbortSignal,
): Promise<Found> {
  for (const reference of images) {
    const repository = client.repository(reference);
    const name = reference.digest ?? reference.tag ?? '';
    const tag = await repository.resolve(name, { signal });
    if (tag === undefined) continue;
    // The first answer has waited for a connection and maybe a token; what follows does not.
    const start = performance.now();
    await repository.resolve(name, { signal });
    return { reference, repository, tag, latency: Math.round(performance.now() - start) };
  }
  throw new LamellaError('not-found', `it does not have ${images.map(familiarReference).join(', ')}`, {
    code: 'manifest-unknown',
  });
}

/** Bytes a second; undefined where there is too little to tell. Checks the digest where all of it arrives. */
async function measure(
  repository: RepositoryClient,
  layer: Descriptor,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { bytes } = await repository.blob(layer, { signal });
  const digester = new Digester();
  const start = performance.now();
  let elapsed = 0;
  for await (const piece of bytes) {
    digester.update(piece);
    elapsed = performance.now() - start;
    if (digester.size >= enough || elapsed > longestMeasure) break;
  }
  const size = digester.size;
  if (size === layer.size && layer.digest.startsWith('sha256:') && digester.digest() !== layer.digest) {
    throw new LamellaError('invalid', `the content of ${layer.digest} is something else`, {
      code: 'digest-mismatch',
    });
  }
  return size < 64 << 10 || elapsed === 0 ? undefined : Math.round((size / elapsed) * 1000);
}

/** Whether the registry itself says the same of the tag; undefined where it does not answer. */
async function compare(
  client: RegistryClient,
  { reference, tag }: Found,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  if (reference.tag === undefined) return undefined;
  try {
    const found = await client
      .repository(reference)
      .resolve(reference.tag, { signal: withLimit(signal, patienceForRegistry) });
    return found && found.digest === tag.digest;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

function withLimit(signal: AbortSignal | undefined, milliseconds: number): AbortSignal {
  return AbortSignal.any([...(signal === undefined ? [] : [signal]), AbortSignal.timeout(milliseconds)]);
}

const problems: Readonly<Record<string, MirrorProblem>> = {
  'manifest-unknown': 'no-image',
  'blob-unknown': 'no-image',
  'repository-unknown': 'no-image',
  'platform-not-found': 'no-image',
  'registry-unauthorized': 'refused',
  'registry-denied': 'refused',
  'registry-rate-limited': 'limited',
  'registry-answer-invalid': 'not-a-registry',
  'document-invalid': 'not-a-registry',
  'json-invalid': 'not-a-registry',
  'digest-mismatch': 'wrong-content',
  'size-mismatch': 'wrong-content',
};

function problemOf(
  error: unknown,
  limit: AbortSignal,
): { readonly problem: MirrorProblem; readonly reason: string } {
  if (limit.aborted) return { problem: 'unreachable', reason: `no answer within ${patience / 1000} seconds` };
  const reason = messageOf(error);
  if (isCertificateError(error)) return { problem: 'certificate', reason };
  const known = isLamellaError(error) ? problems[error.code] : undefined;
  return { problem: known ?? 'unreachable', reason };
}

/** Node.js's codes for TLS: `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `ERR_TLS_CERT_ALTNAME_INVALID`, … */
function isCertificateError(error: unknown): boolean {
  const code = systemErrorCode(error);
  if (code !== undefined && /CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)/.test(code)) return true;
  return error instanceof Error && error.cause !== undefined && isCertificateError(error.cause);
}
