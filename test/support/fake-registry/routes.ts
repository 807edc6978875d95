import type { RegistryContent } from './content.ts';
import { type Answer, type Exchange, failure, json } from './exchange.ts';
import type { Uploads } from './uploads.ts';

export interface RouteOptions {
  /** Tags and repositories on one page; all by default. */
  readonly pageSize?: number;
  /** Where GET of a blob is sent to: an origin that serves `/storage/<digest>`. */
  readonly redirectBlobsTo?: string | undefined;
  readonly redirectStatus?: number;
  /** Answers manifests without Docker-Content-Digest. */
  readonly omitDigestHeader?: boolean;
  /** HEAD of a manifest is 405, as with some old servers. */
  readonly refuseManifestHead?: boolean;
  /** What `/v1/search` finds; without it there is no such API. */
  readonly search?: readonly Record<string, unknown>[];
  readonly catalog?: boolean;
  /** Whether it knows the referrers API; false by default, as with docker-registry 2.8. */
  readonly referrers?: boolean;
}

const repositoryPath = '([a-z0-9][a-z0-9._/-]*)';
const manifestRoute = new RegExp(`^/v2/${repositoryPath}/manifests/([^/]+)$`);
const blobRoute = new RegExp(`^/v2/${repositoryPath}/blobs/([^/]+:[^/]+)$`);
const uploadRoute = new RegExp(`^/v2/${repositoryPath}/blobs/uploads/([^/]*)$`);
const referrersRoute = new RegExp(`^/v2/${repositoryPath}/referrers/([^/]+)$`);
const tagsRoute = new RegExp(`^/v2/${repositoryPath}/tags/list$`);

/** The OCI Distribution API over what the registry has. */
export async function route(
  exchange: Exchange,
  content: RegistryContent,
  uploads: Uploads,
  options: RouteOptions,
): Promise<Answer> {
  const { path, query } = exchange.record;
  if (path === '/v2/' || path === '/v2') return json(200, {});
  if (path === '/v1/_ping' && options.search !== undefined) return json(200, true);
  if (path === '/v1/search' && options.search !== undefined) return search(options.search, query);
  if (path === '/v2/_catalog' && options.catalog !== false) {
    return page([...content.repositories.keys()].sort(), 'repositories', exchange, options);
  }
  let match = uploadRoute.exec(path);
  if (match !== null) return await uploads.answer(exchange, match[1] ?? '', match[2] ?? '');
  match = manifestRoute.exec(path);
  if (match !== null) return await manifest(exchange, content, match[1] ?? '', match[2] ?? '', options);
  match = blobRoute.exec(path);
  if (match !== null) return blob(content, match[1] ?? '', match[2] ?? '', options, exchange);
  match = referrersRoute.exec(path);
  if (match !== null && options.referrers === true) return referrers(content, match[1] ?? '', match[2] ?? '');
  match = tagsRoute.exec(path);
  if (match !== null) {
    const repository = content.repositories.get(match[1] ?? '');
    if (repository === undefined)
      return failure(404, 'NAME_UNKNOWN', 'repository name not known to registry');
    return page([...repository.tags.keys()], 'tags', exchange, options, { name: match[1] });
  }
  return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' };
}

async function manifest(
  { record, request }: Exchange,
  content: RegistryContent,
  path: string,
  reference: string,
  options: RouteOptions,
): Promise<Answer> {
  if (record.method === 'PUT') {
    const bytes = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    const mediaType = request.headers['content-type'] ?? '';
    const isDigest = reference.includes(':');
    const digest = content.putManifest(path, bytes, mediaType, isDigest ? undefined : reference);
    if (isDigest && digest !== reference)
      return failure(400, 'DIGEST_INVALID', 'provided digest did not match');
    return {
      status: 201,
      headers: { location: `/v2/${path}/manifests/${digest}`, 'docker-content-digest': digest },
    };
  }
  if (record.method === 'HEAD' && options.refuseManifestHead === true) return { status: 405 };
  const found = content.manifest(path, reference);
  const accepted = (request.headers.accept ?? '').split(',').map((type) => type.trim());
  if (found === undefined || !accepted.includes(found.mediaType)) {
    return failure(404, 'MANIFEST_UNKNOWN', 'manifest unknown', { Tag: reference });
  }
  return {
    status: 200,
    headers: {
      'content-type': found.mediaType,
      ...(options.omitDigestHeader !== true && { 'docker-content-digest': found.digest }),
    },
    body: found.bytes,
  };
}

function referrers(content: RegistryContent, path: string, subject: string): Answer {
  const stored = content.repositories.get(path)?.manifests ?? new Map<string, never>();
  const manifests = [...stored].flatMap(([digest, { mediaType, bytes }]) => {
    const { subject: named } = JSON.parse(bytes.toString()) as { subject?: { digest: string } };
    return named?.digest === subject ? [{ mediaType, digest, size: bytes.byteLength }] : [];
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return {
    status: 200,
    headers: { 'content-type': mediaType },
    body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })),
  };
}

function blob(
  content: RegistryContent,
  path: string,
  digest: string,
  { redirectBlobsTo, redirectStatus = 307 }: RouteOptions,
  { record }: Exchange,
): Answer {
  const bytes = content.repositories.get(path)?.blobs.get(digest);
  if (bytes === undefined) return failure(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { digest });
  if (redirectBlobsTo !== undefined && record.method === 'GET') {
    return { status: redirectStatus, headers: { location: `${redirectBlobsTo}/storage/${digest}` } };
  }
  return blobAnswer(bytes, digest);
}

export function blobAnswer(bytes: Buffer, digest: string): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': digest },
    body: bytes,
    ranges: true,
  };
}

/** One page of a list, with a Link to the next (OCI Distribution Specification, "Content Discovery"). */
function page(
  all: readonly string[],
  field: string,
  { record }: Exchange,
  { pageSize = Infinity }: RouteOptions,
  more: Readonly<Record<string, unknown>> = {},
): Answer {
  const size = Math.min(pageSize, Number(record.query.get('n') ?? Infinity));
  const last = record.query.get('last');
  const start = last === null ? 0 : all.indexOf(last) + 1;
  const items = all.slice(start, start + size);
  const isEnd = start + items.length >= all.length;
  const next = `${record.path}?n=${size}&last=${encodeURIComponent(items.at(-1) ?? '')}`;
  return json(200, { ...more, [field]: items }, isEnd ? {} : { link: `<${next}>; rel="next"` });
}

function search(known: readonly Record<string, unknown>[], query: URLSearchParams): Answer {
  const term = query.get('q') ?? '';
  const results = known
    .filter(({ name }) => String(name).includes(term))
    .slice(0, Number(query.get('n') ?? 25));
  return json(200, { query: term, num_results: results.length, results });
}
