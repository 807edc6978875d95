import { LamellaError } from '../../base/errors.ts';
import { streamOf } from '../../base/streams.ts';
import type { ApiObject } from '../../engine/ports/common.ts';
import type {
  AttachedStreams,
  ContainerEngine,
  ContainerSummary,
} from '../../engine/ports/container-engine.ts';
import type { Engine } from '../../engine/ports/engine.ts';
import type { FileCopyEngine } from '../../engine/ports/file-copy.ts';
import type { ImageEngine, ImageSummary } from '../../engine/ports/image-engine.ts';
import type { SystemEngine } from '../../engine/ports/system-engine.ts';
import { fakeBuilder } from './fake-builder.ts';
import { fakeTransfers } from './fake-registry.ts';
import { fakeMirrors } from './fake-mirrors.ts';
import { fakeUse } from './fake-use.ts';
import { fakeNetworks } from './fake-networks.ts';
import { fakeVolumes } from './fake-volumes.ts';

const id = (digit: string): string => `sha256:${digit.repeat(64)}`;
const hoursAgo = (hours: number): number => Date.parse('2026-11-24T12:00:00Z') / 1000 - hours * 3600;

const debian: ImageSummary = {
  Id: id('a'),
  ParentId: '',
  RepoTags: ['debian:12', 'reg.example/base:1'],
  RepoDigests: [`debian@${id('d')}`],
  Created: hoursAgo(72),
  Size: 77_800_000,
  SharedSize: -1,
  Labels: null,
  Containers: 1,
};
const app: ImageSummary = {
  ...debian,
  Id: id('b'),
  ParentId: id('a'),
  RepoTags: ['应用:1'],
  RepoDigests: [],
  Created: hoursAgo(1),
  Size: 120_400_000,
};
const dangling: ImageSummary = {
  ...debian,
  Id: id('c'),
  RepoTags: [],
  RepoDigests: [],
  Created: 0,
  Size: 999_999,
};

const box: ContainerSummary = {
  Id: '1234567890ab'.padEnd(64, '0'),
  Names: ['/box'],
  Image: 'debian:12',
  ImageID: id('a'),
  Command: "/bin/sh -c 'echo a long command line'",
  Created: hoursAgo(2),
  State: 'exited',
  Status: 'Exited (3) 2 hours ago',
  Labels: { tier: 'web', evil: 'a\u001B[2Jb' },
  Mounts: [{ Type: 'bind', Source: '/home/jane/a/long/path', Destination: '/src' }],
  Ports: [],
  HostConfig: { NetworkMode: 'none' },
  Networks: ['none'],
  SizeRw: 1500,
  SizeRootFs: 77_801_500,
};

const inspected: ApiObject = {
  Id: id('a'),
  RepoTags: ['debian:12'],
  Comment: 'from <there>',
  Config: { Env: ['PATH=/bin'], Labels: { a: 'b' } },
};

const noImage = (name: string): LamellaError =>
  new LamellaError('not-found', `No such image: ${name}`, {
    code: 'image-not-found',
    hint: 'lamella images',
  });
const noContainer = (name: string): LamellaError =>
  new LamellaError('not-found', `No such container: ${name}`, { code: 'container-not-found' });

const images: ImageEngine = {
  async list({ filters = {} } = {}) {
    if (filters['foo'] !== undefined) {
      throw new LamellaError('invalid', "invalid filter 'foo'", { code: 'filter-invalid' });
    }
    return filters['reference']?.[0] === 'debian' ? [debian] : [app, debian, dangling];
  },
  async inspect(name) {
    if (name === id('a')) return { ...inspected, Os: 'linux', Architecture: 'amd64' };
    if (name !== 'debian:12') throw noImage(name);
    return inspected;
  },
  async history() {
    return [
      {
        Id: id('b'),
        Created: hoursAgo(1),
        CreatedBy: '/bin/sh -c apt-get update && apt-get install -y something long # tab\there',
        Tags: ['应用:1'],
        Size: 42_600_000,
        Comment: 'with \u001B[31mcolour',
      },
      {
        Id: '<missing>',
        Created: hoursAgo(72),
        CreatedBy: '',
        Tags: null,
        Size: 77_800_000,
        Comment: 'Imported from -',
      },
    ];
  },
  async tag() {},
  async tagLog(reference) {
    const at = hoursAgo(3) * 1000;
    return [
      { index: 0, name: reference, from: id('a'), to: undefined, command: 'rmi', at, who: 'jane' },
      {
        index: 1,
        name: reference,
        from: undefined,
        to: id('a'),
        command: 'import',
        at: at - 7200e3,
        who: 'jane',
      },
    ];
  },
  async undo() {
    return {
      command: 'rmi',
      moves: [
        { index: 0, name: 'debian:12', from: undefined, to: id('a'), command: 'undo', at: 0, who: 'jane' },
        { index: 0, name: 'old:1', from: id('a'), to: undefined, command: 'undo', at: 0, who: 'jane' },
      ],
      restored: [id('a')],
    };
  },
  async remove(name, { force = false } = {}) {
    if (name === 'nope') throw noImage('nope:latest');
    if (name === 'busy' && !force) {
      throw new LamellaError(
        'conflict',
        'conflict: unable to remove repository reference "busy" (must force) - container 1234567890ab is using its referenced image aaaaaaaaaaaa',
        { code: 'image-in-use' },
      );
    }
    return [{ Untagged: `${name}:latest` }, { Deleted: id('a') }];
  },
  async prune() {
    return { lines: [{ Untagged: 'x:1' }, { Deleted: id('c') }], spaceReclaimed: 999_999 };
  },
  async import(content, { onProgress } = {}) {
    for await (const bytes of content)
      onProgress?.({ id: 'rootfs', status: 'Importing', current: bytes.byteLength });
    return { id: id('e') };
  },
  async *load() {
    yield { name: 'debian:12', id: id('a'), replaced: id('f') };
    yield { name: undefined, id: id('b') };
  },
  async save() {
    return {
      size: 7,
      content: (async function* () {
        yield Buffer.from('archive');
      })(),
    };
  },
};

function streams(text: string): AttachedStreams {
  return {
    output: (async function* () {
      yield { stream: 'stdout' as const, bytes: Buffer.from(text) };
      yield { stream: 'stderr' as const, bytes: Buffer.from('warned\n') };
    })(),
    async write() {},
    async closeInput() {},
    async resize() {},
    async [Symbol.asyncDispose]() {},
  };
}

const fakeCopies: FileCopyEngine = {
  async statPath(container, path) {
    if (container === 'nope') throw noContainer(container);
    return { name: path, size: 1, mode: 0o644, mtime: '2026-01-02T03:04:05Z', linkTarget: '' };
  },
  async archive(_container, path) {
    if (path === '/nope') {
      throw new LamellaError('not-found', 'Could not find the file /nope in container box', {
        code: 'container-file-not-found',
      });
    }
    return { stat: await fakeCopies.statPath('box', path), content: streamOf(Buffer.from('tar')) };
  },
  async extract() {},
  async copyFrom(_container, _path, target) {
    if (target === 'nope/x') {
      const message = 'invalid output path: directory "/nope" does not exist';
      throw new LamellaError('not-found', message, { code: 'local-path' });
    }
    return { bytes: 2048, path: `/here/${target}` };
  },
  copyTo: async (_container, _source, path) => ({ bytes: 10_240_000, path }),
};

/** Records what `run` and `create` asked for, since that is what their options are for. */
export interface FakeEngine extends Engine {
  readonly requests: unknown[];
}

export function createFakeEngine(): FakeEngine {
  const requests: unknown[] = [];
  const containers: ContainerEngine = {
    async create(request) {
      requests.push(request);
      if (request.config.Image === 'nope') throw noImage('nope:latest');
      return { id: box.Id, warnings: request.name === 'warn' ? ['No such thing as memory here.'] : [] };
    },
    async start(name) {
      if (name === 'nope') throw noContainer(name);
      const { config } = (requests.at(-1) ?? { config: {} }) as { config: { Cmd?: string[] } };
      if (config.Cmd?.[0] === '/nope') {
        throw new LamellaError(
          'not-found',
          'failed to create task for container: exec: "/nope": stat /nope: no such file or directory',
          { code: 'command-not-found' },
        );
      }
    },
    attach: async () => streams('hello\n'),
    list: async ({ all = false } = {}) => (all ? [box] : []),
    async inspect(name) {
      if (name !== 'box') throw noContainer(name);
      return { Id: box.Id, State: { Running: false, ExitCode: 3 }, Config: { Tty: false, Image: '<x>' } };
    },
    wait: async () => ({ exitCode: 3 }),
    async stop(name) {
      if (name === 'nope') throw noContainer(name);
    },
    async restart() {},
    async kill() {},
    ...fakeUse,
    async rename(name) {
      if (name === 'nope') throw noContainer(name);
    },
    async remove(name) {
      if (name === 'nope') throw noContainer(name);
    },
    prune: async () => ({ removed: [box.Id], spaceReclaimed: 1500 }),
    async *logs() {
      yield { stream: 'stdout', bytes: Buffer.from('one\n') };
      yield { stream: 'stderr', bytes: Buffer.from('two\n') };
    },
    exec: async () => ({ ...streams('inside\n'), exitCode: Promise.resolve(7) }),
    diff: async () => [
      { Path: '/etc', Kind: 0 },
      { Path: '/etc/a\u001Bb', Kind: 1 },
      { Path: '/gone', Kind: 2 },
    ],
    export: async () => ({
      content: (async function* () {
        yield Buffer.from('tar');
      })(),
    }),
    commit: async () => ({ id: id('9'), pausedFor: 12.3 }),
    ...fakeCopies,
  };
  return {
    requests,
    images: async () => images,
    containers: async () => containers,
    registry: async () => ({ ...fakeMirrors, ...fakeTransfers }),
    system: async () => system,
    volumes: async () => fakeVolumes,
    networks: async () => fakeNetworks,
    builder: async () => fakeBuilder,
    async [Symbol.asyncDispose]() {},
  };
}

const system: SystemEngine = {
  async diskUsage() {
    return {
      layersSize: 200_000_000,
      images: [
        { ...app, SharedSize: 77_800_000, Containers: 0 },
        { ...debian, SharedSize: 77_800_000 },
      ],
      containers: [box],
      volumes: [
        {
          Name: 'data',
          Driver: 'local',
          Mountpoint: '/var/lib/lamella/volumes/data/_data',
          CreatedAt: '2026-01-02T03:04:05Z',
          Labels: null,
          Options: null,
          Scope: 'local',
          UsageData: { Size: 5000, RefCount: 0 },
        },
      ],
      folders: [
        { name: 'blobs', bytes: 4096 },
        { name: 'layers', bytes: 201_000_000 },
      ],
      reclaimable: { images: 42_600_000, containers: 1500, volumes: 5000 },
    };
  },
  async info() {
    return {
      containers: { running: 0, paused: 0, stopped: 1 },
      images: 3,
      version: '0.1.0',
      root: '/var/lib/lamella',
      driver: {
        name: 'erofs',
        reason: 'the kernel mounts files',
        rejected: [{ name: 'other', reason: 'why not' }],
      },
      parts: [
        { name: 'runc', path: '/usr/bin/runc', version: '1.2.0' },
        { name: 'conmon', path: undefined, version: undefined, hint: 'apt-get install conmon' },
      ],
      cgroupVersion: '2',
      kernelVersion: '6.18.0',
      operatingSystem: 'Debian GNU/Linux 13',
      architecture: 'x86_64',
      cpus: 2,
      memory: 25_273_000_000,
      hostname: 'vm',
      rootless: false,
      insecureRegistries: ['registry.internal:5000', '::1/128', '127.0.0.0/8'],
      mirrors: [
        { registry: 'docker.io', mirrors: ['https://mirror.example'] },
        { registry: 'ghcr.io', mirrors: ['https://ghcr.example'] },
      ],
      warnings: ['No swap limit support'],
    };
  },
  startContainers: async () => ({ done: ['box'], failed: [{ name: 'web', reason: 'port is taken' }] }),
  stopContainers: async () => ({ done: ['box', 'web'], failed: [] }),
  generateUnits: async ({ containers = ['lamella-restart'] }) => ({
    units: containers.map((name) => ({ name: `${name}.service`, content: `[Unit]\nDescription=${name}\n` })),
    warnings: containers.includes('web') ? ['web has a policy'] : [],
  }),
  async *events() {
    yield {
      status: 'die',
      id: box.Id,
      from: 'debian:12',
      Type: 'container',
      Action: 'die',
      Actor: { ID: box.Id, Attributes: { exitCode: '3', evil: 'a\u001B[2Jb', name: 'box' } },
      scope: 'local',
      time: hoursAgo(2),
      timeNano: BigInt(hoursAgo(2)) * 1_000_000_000n + 120_000_001n,
    };
    yield {
      Type: 'volume',
      Action: 'create',
      Actor: { ID: 'data', Attributes: {} },
      scope: 'local',
      time: hoursAgo(1),
      timeNano: BigInt(hoursAgo(1)) * 1_000_000_000n,
    };
  },
  version: async () => ({ Version: '0.1.0', ApiVersion: '1.51', Os: 'linux', Arch: 'amd64' }),
  async check({ repair = false } = {}) {
    if (repair) return { layers: 2, blobs: 3, images: 2, bytes: 200_000_000, damage: [] };
    return {
      layers: 2,
      blobs: 3,
      images: 2,
      bytes: 200_000_000,
      damage: [
        {
          kind: 'layer',
          subject: id('7'),
          problem: 'the tar does not hash to its name',
          files: [{ path: '/usr/bin/\u001B[2Jevil' }],
          images: ['debian:12'],
        },
      ],
    };
  },
};
