import type { Digest } from '../../src/oci/digest.ts';
import { type AuthOptions, createAuthority } from './fake-registry/authority.ts';
import { RegistryContent } from './fake-registry/content.ts';
import type { Fault, RecordedRequest } from './fake-registry/exchange.ts';
import type { FaultMatch } from './fake-registry/faults.ts';
import {
  type ImageRecipe,
  makeRemoteImage,
  putImage,
  putIndex,
  type RemoteImage,
} from './fake-registry/images.ts';
import { blobAnswer, route, type RouteOptions } from './fake-registry/routes.ts';
import { type FaultyServer, type ServerKeys, startServer } from './fake-registry/server.ts';
import { createUploads, type UploadOptions } from './fake-registry/uploads.ts';

export { randomCuts } from './fake-registry/faults.ts';
export { makeRemoteImage } from './fake-registry/images.ts';

export interface FakeRegistryOptions extends Omit<RouteOptions, 'redirectBlobsTo'>, UploadOptions {
  readonly auth?: AuthOptions;
  readonly tls?: ServerKeys;
  /** GET of blobs is answered with a redirect to {@link FakeRegistry.storage}, another origin. */
  readonly redirectBlobs?: boolean;
  /** What it has; a second registry may be given the content of a first, to be its mirror. */
  readonly content?: RegistryContent;
}

/**
 * An OCI registry in memory on 127.0.0.1, which does on demand what a real one does once in a year.
 *
 *     await using registry = await startFakeRegistry();
 *     registry.image('team/app', '1', { layers: [{ 'a.txt': 'a' }] });
 *     registry.fault({ method: 'GET', path: /blobs/, times: 1 }, { cutAfter: 100 });
 *     … pull `${registry.domain}/team/app:1` …
 *     assert.equal(registry.count('GET', /blobs/), 3);
 */
export interface FakeRegistry extends FaultyServer {
  readonly content: RegistryContent;
  /** Where blobs are redirected to. */
  readonly storage: FaultyServer;
  /** Where tokens are had: this server itself, or another where `auth.separate` says so. */
  readonly tokenServer: FaultyServer;
  /** Uploads that are neither finished nor cancelled. */
  readonly openUploads: number;
  /** Makes an image and puts it there. */
  image(path: string, tag: string | undefined, recipe?: ImageRecipe): RemoteImage;
  /** Puts an index of images, which are put as well. */
  index(
    path: string,
    tag: string | undefined,
    images: readonly RemoteImage[],
    style?: 'oci' | 'docker',
  ): Digest;
  fault(match: FaultMatch, fault: Fault): void;
  /** How many requests there were of this method whose path matches. */
  count(method: string, path?: RegExp): number;
  asked(method: string, path?: RegExp): RecordedRequest[];
}

export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const content = options.content ?? new RegistryContent();
  const storage = await startServer(({ record }) => {
    const digest = record.path.slice('/storage/'.length);
    for (const { blobs } of content.repositories.values()) {
      const bytes = blobs.get(digest);
      if (bytes !== undefined) return blobAnswer(bytes, digest);
    }
    return { status: 404 };
  });
  const authority = createAuthority(options.auth);
  const tokenServer =
    options.auth?.kind === 'token' && options.auth.separate === true
      ? await startServer((exchange) => authority.token(exchange))
      : undefined;
  const uploads = createUploads(content, options, (exchange, path) => authority.mayRead(exchange, path));
  const server: FaultyServer = await startServer(
    async (exchange) => {
      if (exchange.record.path === '/token') return await authority.token(exchange);
      const refusal = authority.check(exchange, `${(tokenServer ?? server).url}/token`);
      if (refusal !== undefined) return refusal;
      const redirectBlobsTo = options.redirectBlobs === true ? storage.url : undefined;
      return await route(exchange, content, uploads, { ...options, redirectBlobsTo });
    },
    { tls: options.tls },
  );

  const asked = (method: string, path = /^/): RecordedRequest[] =>
    server.requests.filter((request) => request.method === method && path.test(request.path));
  return {
    domain: server.domain,
    url: server.url,
    requests: server.requests,
    faults: server.faults,
    get connections() {
      return server.connections;
    },
    content,
    storage,
    tokenServer: tokenServer ?? server,
    get openUploads() {
      return uploads.open;
    },
    image(path, tag, recipe) {
      const image = makeRemoteImage(recipe);
      putImage(content, path, image, tag);
      return image;
    },
    index: (path, tag, images, style) => putIndex(content, path, images, tag, style),
    fault: (match, fault) => server.faults.add(match, fault),
    count: (method, path) => asked(method, path).length,
    asked,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
      await tokenServer?.[Symbol.asyncDispose]();
    },
  };
}
