import { accessSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../src/base/errors.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { mount, umount } from '../../src/linux/mount.ts';
import { createContainerService, type ContainerService } from '../../src/runtime/container-service.ts';
import { findRuntimeParts } from '../../src/runtime/parts.ts';
import { removeStrays } from '../../src/networks/strays.ts';
import type { RootDriver } from '../../src/runtime/root-file-system.ts';
import type { Container, ContainerRequest } from '../../src/runtime/types.ts';
import { exampleImage, exampleRequest } from './container-request.ts';
import { makeTinyRoot } from './transcript.ts';

const worker = join(import.meta.dirname, 'container-worker.ts');

/** Containers on a plain directory as their only layer: what is tested is the running, not the layers. */
export interface ContainerLab extends AsyncDisposable {
  readonly folder: string;
  /** The directory that all containers have as their image. */
  readonly image: string;
  readonly service: ContainerService;
  /** Creates, starts and waits for the end; removes the container. */
  readonly run: (command: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** Creates and starts. */
  readonly start: (
    command: readonly string[],
    changes?: Parameters<typeof exampleRequest>[1],
  ) => Promise<string>;
}

interface RunOptions {
  readonly input?: string | Buffer;
  readonly config?: Partial<ContainerRequest['config']>;
  readonly hostConfig?: Partial<ContainerRequest['hostConfig']>;
}

interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Opens what {@link openLab} has made, in this or in another process. */
export function openService(folder: string): { service: ContainerService } & Disposable {
  const db = openDatabase(join(folder, 'lamella.db'), migrations);
  const service = createContainerService({
    db,
    folders: { root: folder, run: join(folder, 'run') },
    driver: () => Promise.resolve(plainDriver(join(folder, 'image'))),
    exitCommand: (id) => [process.execPath, worker, folder, 'record', id],
    keeperCommand: [process.execPath, worker, folder, 'keep'],
  });
  return { service, [Symbol.dispose]: () => db.close() };
}

/** Starts a process of its own that works on the same containers: see container-worker.ts. */
export function workerCommand(folder: string, ...args: string[]): string[] {
  return ['--disable-warning=ExperimentalWarning', worker, folder, ...args];
}

/** A lab of its own, or undefined after the test was skipped because this machine cannot run containers. */
export async function openLab(t: TestContext): Promise<ContainerLab | undefined> {
  const reason = await whyNotHere();
  if (reason !== undefined) {
    t.skip(reason);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lamella-run-'));
  const image = join(folder, 'image');
  mkdirSync(join(folder, 'run'));
  mkdirSync(image);
  mkdirSync(join(folder, 'empty'));
  makeTinyRoot(image);
  writeFileSync(
    join(image, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/sh\n',
  );
  writeFileSync(join(image, 'etc/group'), 'root:x:0:\nwww:x:33:\nextra:x:44:www\n');
  const opened = openService(folder);
  const { service } = opened;

  async function start(
    command: readonly string[],
    changes: Parameters<typeof exampleRequest>[1] = {},
  ): Promise<string> {
    const { id } = await service.create(exampleRequest(command, changes), exampleImage);
    await service.start(id);
    return id;
  }

  async function run(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const stdin = options.input !== undefined;
    const request = exampleRequest(command, {
      ...options,
      config: { OpenStdin: stdin, StdinOnce: stdin, ...options.config },
    });
    const { id } = await service.create(request, exampleImage);
    try {
      await using streams = await service.attach(id, { stdin, stdout: true, stderr: true });
      const ended = service.wait(id, { condition: 'next-exit' });
      ended.catch(() => {});
      await service.start(id);
      const fed = options.input === undefined ? undefined : feed(streams, Buffer.from(options.input));
      const texts = { stdout: '', stderr: '' };
      for await (const { stream, bytes } of streams.output) {
        texts[stream] += Buffer.from(bytes).toString('latin1');
      }
      await fed;
      return { exitCode: (await ended).exitCode, ...texts };
    } finally {
      await service.remove(id, { force: true });
    }
  }

  return {
    folder,
    image,
    service,
    run,
    start,
    async [Symbol.asyncDispose]() {
      for (const { id } of await service.refresh()) await service.remove(id, { force: true });
      opened[Symbol.dispose]();
      // conmon may just close what it has open there.
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      await removeStrays();
    },
  };
}

/** Waits up to 30 s until what is known of a container is as wanted. */
export async function untilContainer(
  { service }: ContainerLab,
  id: string,
  isSo: (container: Container) => boolean,
): Promise<Container> {
  const end = Date.now() + 30_000;
  for (;;) {
    const container = await service.find(id);
    if (isSo(container)) return container;
    if (Date.now() > end)
      throw new Error(`not in 30 s: ${JSON.stringify({ ...container.state, health: container.health })}`);
    await delay(20);
  }
}

async function feed(
  streams: { write(bytes: Uint8Array): Promise<void>; closeInput(): Promise<void> },
  input: Buffer,
): Promise<void> {
  await streams.write(input);
  await streams.closeInput();
}

async function whyNotHere(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'containers run on Linux only';
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/bin/busybox')) return 'needs /bin/busybox (apt install busybox-static)';
  try {
    accessSync('/sys/fs/cgroup');
    await findRuntimeParts({ run: tmpdir() });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function plainDriver(lower: string): RootDriver {
  return {
    name: 'overlay',
    // eslint-disable-next-line typescript/require-await -- the port is asynchronous
    async mount({ upper, work, target, init }) {
      const lowers = init === undefined ? lower : `${init}:${lower}`;
      const changes = upper === undefined ? '' : `,upperdir=${upper},workdir=${work ?? ''}`;
      // overlayfs wants two lowers where nothing can be written.
      const data = `lowerdir=${upper === undefined ? `${lowers}:${join(lower, '..', 'empty')}` : lowers}${changes}`;
      mount({ source: 'overlay', target, type: 'overlay', data });
    },
    // eslint-disable-next-line typescript/require-await -- the port is asynchronous
    async unmount({ target }) {
      try {
        umount(target);
      } catch (error) {
        if (!/invalid argument|no such file/.test(messageOf(error))) throw error;
      }
    },
  };
}
