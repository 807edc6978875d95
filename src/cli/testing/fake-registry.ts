import { LamellaError } from '../../base/errors.ts';
import { familiarReference, formatReference, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { PulledImage, RegistryEngine } from '../../engine/ports/registry-engine.ts';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** A registry of which the command line's tests know what it says. */
export const fakeTransfers: Pick<
  RegistryEngine,
  'login' | 'knownUser' | 'logout' | 'pull' | 'push' | 'search' | 'tags' | 'copy' | 'manifest' | 'inspect'
> = {
  async *pull(name, { allTags = false, signal, onProgress, onPlan } = {}) {
    if (name.startsWith('secret')) {
      throw new LamellaError(
        'forbidden',
        "pull access denied for secret, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
        { code: 'registry-denied', hint: 'lamella login' },
      );
    }
    const isKnown = name.startsWith('debian');
    for (const tag of allTags ? ['1', '2'] : [tagOf(name)]) {
      onProgress?.({ id: tag, status: 'Pulling from library/\u001B[2Jubuntu' });
      onPlan?.({ fetch: isKnown ? 0 : 5000, disk: 20_000, inodes: 6 });
      if (!isKnown) {
        onProgress?.({ id: 'aaaaaaaaaaaa', status: 'Already exists' });
        onProgress?.({ id: 'bbbbbbbbbbbb', status: 'Pulling fs layer' });
        if (name.startsWith('broken')) {
          throw new LamellaError('unavailable', 'unexpected EOF', { code: 'registry-unavailable' });
        }
        for (const current of [0, 2500, 5000])
          onProgress?.({ id: 'bbbbbbbbbbbb', status: 'Downloading', current, total: 5000 });
        signal?.throwIfAborted();
        for (const status of ['Verifying Checksum', 'Download complete'])
          onProgress?.({ id: 'bbbbbbbbbbbb', status });
        onProgress?.({ id: 'bbbbbbbbbbbb', status: 'Extracting', current: 5000, total: 5000 });
        onProgress?.({ id: 'bbbbbbbbbbbb', status: 'Pull complete' });
      }
      yield pulled(allTags ? `${name}:${tag}` : nameOf(name), !isKnown);
    }
  },
  async *push(name, { onProgress, onPlan } = {}) {
    if (name.startsWith('nope')) {
      throw new LamellaError('not-found', 'An image does not exist locally with the tag: nope', {
        code: 'image-not-found',
      });
    }
    if (name.startsWith('foreign')) {
      throw new LamellaError(
        'not-found',
        'image with reference foreign:latest was found but its platform (linux/amd64) does not match the specified platform (linux/arm64)',
        { code: 'platform-not-found' },
      );
    }
    if (name.startsWith('secret')) {
      throw new LamellaError('forbidden', 'denied: requested access to the \u001B[2Jresource is denied', {
        code: 'registry-denied',
      });
    }
    onProgress?.({ id: 'bbbbbbbbbbbb', status: 'Preparing' });
    onProgress?.({ id: 'aaaaaaaaaaaa', status: 'Preparing' });
    onPlan?.({ send: 500 });
    onProgress?.({ id: 'aaaaaaaaaaaa', status: 'Mounted from library/ubuntu' });
    onPlan?.({ send: 200 });
    onProgress?.({ id: 'bbbbbbbbbbbb', status: 'Pushing', current: 100, total: 200 });
    onProgress?.({ id: 'bbbbbbbbbbbb', status: 'Pushed' });
    yield { tag: name.split(':').at(-1) ?? 'latest', digest: digest('d'), size: 528 };
  },
  async search() {
    return [
      {
        name: 'ubuntu',
        description: 'Ubuntu is a Debian-based Linux operating system based on free software.',
        stars: 17_000,
        isOfficial: true,
        isAutomated: false,
      },
      {
        name: 'ubuntu/\u001B[2Jnginx',
        description: 'Nginx,\na web server',
        stars: 120,
        isOfficial: false,
        isAutomated: true,
      },
    ];
  },
  async *tags(name, { onNames } = {}) {
    if (name === 'nope') {
      throw new LamellaError('not-found', 'name unknown: repository name not known to registry', {
        code: 'repository-unknown',
      });
    }
    const image = { mediaType: 'application/vnd.oci.image.index.v1+json', size: 48_500_000 };
    const created = Date.parse('2026-11-20T12:00:00Z');
    onNames?.(['13', '12.9']);
    yield {
      ...image,
      name: '13',
      digest: digest('d'),
      created,
      platforms: ['linux/amd64', 'linux/arm64/v8'],
    };
    yield { ...image, name: '12.9', digest: digest('c'), created: undefined, platforms: ['linux/amd64'] };
  },
  async login(_, credential, { plaintext = false } = {}) {
    if (credential?.password === 'wrong') {
      throw new LamellaError(
        'unauthorized',
        'login attempt to https://reg.example/v2/ failed with status: 401 Unauthorized',
        { code: 'registry-unauthorized' },
      );
    }
    const where = plaintext
      ? '/home/jane/.docker/config.json'
      : '/home/jane/.docker/lamella-credentials.json';
    return { status: 'Login Succeeded', place: { kind: plaintext ? 'plain' : 'sealed', where } };
  },
  knownUser: async (registry) =>
    registry === 'known.example' ? { username: 'jane', hasPassword: true } : undefined,
  logout: async (registry) => registry !== 'none.example',
  copy: async (_source, _target, { referrers = false } = {}) => ({
    digest: digest('d'),
    referrers: referrers ? 2 : 0,
  }),
  async manifest(name, { verbose = false } = {}) {
    if (name === 'nope') {
      throw new LamellaError('not-found', 'no such manifest: docker.io/library/nope:latest', {
        code: 'manifest-unknown',
      });
    }
    if (name === 'index') return { bytes: Buffer.from('{"schemaVersion":2,"manifests":[{"size":1}]}') };
    if (verbose) return { Ref: 'docker.io/library/debian:13', SchemaV2Manifest: { schemaVersion: 2 } };
    return { bytes: Buffer.from('{"schemaVersion":2,"config":{"size":1}}') };
  },
  inspect: async (name) => ({ Id: digest('a'), RepoTags: [name], Config: { Env: ['A=b'] } }),
};

const nameOf = (text: string): string => {
  const reference = parseReference(text);
  const { tag: _, ...untagged } = reference;
  return familiarReference(reference.digest === undefined ? withDefaultTag(reference) : untagged);
};

const tagOf = (text: string): string => {
  const { tag = 'latest', digest, ...name } = parseReference(text);
  return digest === undefined ? tag : formatReference({ ...name, digest });
};

function pulled(name: string, isNewer: boolean): PulledImage {
  return { name, id: digest('a'), digest: digest('d'), isNewer };
}
