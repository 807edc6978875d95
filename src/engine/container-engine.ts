import { displayByteString } from '../base/byte-string.ts';
import type { ByteStream } from '../base/streams.ts';
import type { StagedLayer } from '../layers/layer.ts';
import { exportTree, listChanges, writeUpperLayer } from '../layers/upper-layer.ts';
import { familiarReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import { createContainerService, type ContainerService } from '../runtime/container-service.ts';
import type { RootDriver } from '../runtime/root-file-system.ts';
import type { Container } from '../runtime/types.ts';
import { collectAfter } from './collect.ts';
import { commitContainer } from './commit.ts';
import { completeExec, completeRequest } from './complete-request.ts';
import { openLowers } from './container-lowers.ts';
import { openDriver } from './driver.ts';
import { exitCommand, keeperCommand } from './exit-command.ts';
import { createFileCopy } from './file-copy.ts';
import { createImageEvents } from './image-events.ts';
import { imageForContainer, imagesForMounts } from './image-for-container.ts';
import { once } from './once.ts';
import type { ContainerChange, ContainerEngine } from './ports/container-engine.ts';
import type { Store } from './store.ts';

export interface ContainerParts {
  readonly engine: ContainerEngine;
  /** What the engine stands on, for those who run containers of their own. */
  readonly service: ContainerService;
  readonly driver: () => Promise<RootDriver>;
  recordExit(id: string): Promise<void>;
  keepHealth(): Promise<void>;
  readonly boot: Pick<ContainerService, 'startWanted' | 'stopForShutdown' | 'find' | 'paths'>;
  /** Records the end of those that have ended while nobody looked. */
  refresh(): Promise<void>;
  /** The record of a container, up to date. */
  find(container: string): Promise<Container>;
  /** Has a running container's files follow its networks. */
  networkChanged(id: string): Promise<void>;
  /** Removes what crashes have left of containers that there are not. */
  collect(): Promise<void>;
}

const changeKinds = { C: 0, A: 1, D: 2 } as const;

/** Containers, as commands and the API see them: the runtime's service, and what needs layers and images besides. */
export function createContainerEngine(store: Store): ContainerParts {
  const { settings } = store;
  const driver = once(() => openDriver(settings));
  const service: ContainerService = createContainerService({
    db: store.db,
    folders: { root: settings.root, run: settings.runFolder },
    driver,
    exitCommand: (id) => exitCommand(settings, id),
    keeperCommand: keeperCommand(settings),
  });

  const engine: ContainerEngine = {
    ...createFileCopy(service),
    async create(wanted) {
      const request = completeRequest(wanted);
      const image = await imageForContainer(store, request.config.Image, request.platform);
      const mountedImages = await imagesForMounts(store, request.hostConfig.Mounts);
      return await service.create({ ...request, mountedImages }, image);
    },
    start: (container) => service.start(container),
    attach: (container, options) => service.attach(container, options),
    wait: (container, { condition = 'not-running', signal } = {}) =>
      service.wait(container, { condition, signal }),
    stop: (container, { signal, timeout } = {}) => service.stop(container, { signal, timeout }),
    restart: (container, { signal, timeout } = {}) => service.restart(container, { signal, timeout }),
    kill: (container, { signal = 'KILL' } = {}) => service.kill(container, { signal }),
    pause: (container) => service.pause(container),
    unpause: (container) => service.unpause(container),
    update: (container, update) => service.update(container, update),
    top: (container, options = '') => service.top(container, options),
    stats: (container) => service.stats(container),
    rename: (container, name) => service.rename(container, name),
    remove: (container, { force = false, volumes = false } = {}) =>
      service.remove(container, { force, volumes }),
    async prune({ filters = {}, dryRun = false } = {}) {
      const report = await service.prune({ filters, dryRun });
      if (!dryRun) await service.collect();
      return report;
    },
    list: ({ all = false, filters = {}, limit = 0, size = false } = {}) =>
      service.list({ all, filters, limit, size }),
    inspect: (container, options) => service.inspect(container, options),
    logs: (container, options) =>
      service.logs(container, {
        follow: false,
        timestamps: false,
        since: undefined,
        until: undefined,
        tail: Infinity,
        ...options,
      }),
    exec: (container, request) => service.exec(container, completeExec(request)),

    async diff(text) {
      const { id, imageId } = await service.find(text);
      using lower = await openLowers(store, id, service.mountPoints(imageId));
      return [...listChanges(service.paths(id).upper, lower)].map(({ path, kind }): ContainerChange => ({
        Path: displayByteString(path),
        Kind: changeKinds[kind],
      }));
    },

    async export(text, { signal } = {}) {
      const container = await service.find(text);
      service.record(container, 'export');
      return { content: exported(service, container.id, signal) };
    },

    async commit(text, options = {}) {
      const container = await service.find(text);
      const layers = await store.layers();
      const { upper } = service.paths(container.id);
      using lower = await openLowers(store, container.id, service.mountPoints(container.imageId));
      const { signal } = options;
      let pausedFor = 0;
      const stageChanges = (release?: () => Promise<number>): Promise<StagedLayer> => {
        const changes = writeUpperLayer(upper, lower, { signal, lend: true });
        // Once all is read the container goes on, while the layer is indexed and made durable.
        const stream = thenDo(changes, async () => void (pausedFor = (await release?.()) ?? 0));
        return layers.stage(stream, {
          signal,
          compression: 'none',
          onProgress: (current) => options.onProgress?.({ id: '', status: 'Committing', current }),
        });
      };
      const id = await collectAfter(store, () =>
        commitContainer(store, container, options, () =>
          (options.pause ?? true) ? service.whilePaused(container.id, stageChanges) : stageChanges(),
        ),
      );
      recordCommit(id, container, options);
      return { id, pausedFor };
    },
  };

  function recordCommit(
    imageID: string,
    container: Container,
    { reference = '', comment = '' }: { reference?: string | undefined; comment?: string },
  ): void {
    const imageRef = reference === '' ? '' : familiarReference(withDefaultTag(parseReference(reference)));
    const events = createImageEvents(store);
    events.of('create', imageID);
    if (imageRef !== '') events.tag(imageID, imageRef);
    service.record(container, 'commit', { comment, imageID, imageRef });
  }
  return {
    engine,
    service,
    driver,
    recordExit: (id) => service.recordExit(id),
    keepHealth: () => service.keepHealth(),
    boot: service,
    refresh: async () => void (await service.refresh()),
    find: (container) => service.find(container),
    networkChanged: (id) => service.networkChanged(id),
    collect: () => service.collect(),
  };
}

async function* thenDo(content: ByteStream, action: () => Promise<void>): ByteStream {
  yield* content;
  await action();
}

/** The container's root is mounted as long as the stream is read. */
async function* exported(service: ContainerService, id: string, signal: AbortSignal | undefined): ByteStream {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const { promise: entered, resolve: enter, reject: refuse } = Promise.withResolvers<string>();
  const holding = service.withRoot(id, (root) => {
    enter(root);
    return left;
  });
  holding.catch(refuse);
  try {
    yield* exportTree(await entered, { lend: true, signal });
  } finally {
    leave();
    await holding;
  }
}
