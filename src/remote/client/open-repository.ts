import type { ClientContext, RepositoryContext } from './context.ts';
import { listReferrers } from './list-referrers.ts';
import { listTags } from './list-tags.ts';
import { hasBlob, mountBlob } from './mount-blob.ts';
import { putManifest } from './put-manifest.ts';
import { readBlob, readDocument } from './read-blob.ts';
import { readManifest, resolveManifest } from './read-manifest.ts';
import type { RepositoryClient } from './repository.ts';
import { uploadBlob } from './upload-blob.ts';

export function openRepository(
  client: ClientContext,
  { domain, path }: { readonly domain: string; readonly path: string },
  { access = 'pull', mountFrom = [] }: { access?: 'pull' | 'push'; mountFrom?: readonly string[] } = {},
): RepositoryClient {
  const push = access === 'push';
  const sources = new Set(mountFrom.filter((other) => other !== path));
  const scopes = [
    `repository:${path}:${push ? 'pull,push' : 'pull'}`,
    ...[...sources].map((other) => `repository:${other}:pull`),
  ];
  const context: RepositoryContext = { ...client, domain, path, scopes, push, sessions: new Map() };
  return {
    domain,
    path,
    resolve: async (reference, options) => await resolveManifest(context, reference, options),
    manifest: async (reference, options) => await readManifest(context, reference, options),
    blob: async (descriptor, options) => await readBlob(context, descriptor, options),
    document: async (descriptor, options) => await readDocument(context, descriptor, options),
    tags: (options) => listTags(context, options),
    referrers: async (digest, options) => await listReferrers(context, digest, options),
    hasBlob: async (digest, options) => await hasBlob(context, digest, options),
    mountBlob: async (digest, from, options) => await mountBlob(context, digest, from, options),
    uploadBlob: async (descriptor, open, options) => await uploadBlob(context, descriptor, open, options),
    putManifest: async (reference, bytes, mediaType, options) =>
      await putManifest(context, reference, bytes, mediaType, options),
  };
}
