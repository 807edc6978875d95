import { isLamellaError } from '../../base/errors.ts';
import { isEmptyTar } from '../../build/empty-tar.ts';
import type { RunRequest, RunResult } from '../../build/request.ts';
import { currentOwner } from '../../db/process-owner.ts';
import { writeUpperLayer } from '../../layers/upper-layer.ts';
import { chainIds } from '../../oci/chain-id.ts';
import { digestOf } from '../../oci/digest.ts';
import { buildLabel } from '../../runtime/build-container.ts';
import type { ContainerService } from '../../runtime/container-service.ts';
import type { RootDriver } from '../../runtime/root-file-system.ts';
import { completeRequest } from '../complete-request.ts';
import { openLowers } from '../container-lowers.ts';
import type { Store } from '../store.ts';
import { openMounts, type OpenMounts } from './open-mounts.ts';

export interface RunProcessDeps {
  readonly store: Store;
  readonly service: ContainerService;
  readonly driver: () => Promise<RootDriver>;
  /** Lets a person look around where a step has failed, in a container that is still to be started. */
  readonly debug: ((container: string) => Promise<void>) | undefined;
}

/** Runs a process of RUN in a container of its own, and makes a layer of what it changed. */
export async function runProcess(deps: RunProcessDeps, request: RunRequest): Promise<RunResult> {
  const { store, service, driver } = deps;
  const { signal } = request;
  const { root, runFolder: run } = store.settings;
  await using mounts = await openMounts(request.mounts, { folders: { root, run }, driver, signal });
  await using container = await createContainer(service, request, mounts);
  const { id } = container;
  const end = (): void => void service.kill(id, { signal: 'KILL' }).catch(() => {});
  signal?.throwIfAborted();
  signal?.addEventListener('abort', end);
  try {
    const exitCode = await runToEnd(service, id, request);
    signal?.throwIfAborted();
    if (exitCode === 0) return { exitCode, diffId: await changesOf(deps, container, request) };
    if (deps.debug !== undefined) {
      const diffId = await changesOf(deps, container, request);
      const diffIds = diffId === undefined ? request.diffIds : [...request.diffIds, diffId];
      await using shell = await createContainer(
        service,
        { ...request, diffIds, words: ['/bin/sh'] },
        mounts,
        {
          Tty: true,
          OpenStdin: true,
          StdinOnce: true,
          AttachStdin: true,
        },
      );
      await deps.debug(shell.id);
    }
    return { exitCode, diffId: undefined };
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

interface BuildContainer {
  readonly id: string;
  readonly imageId: string;
}

async function createContainer(
  service: ContainerService,
  request: RunRequest,
  mounts: OpenMounts,
  streams: { readonly [Name in 'Tty' | 'OpenStdin' | 'StdinOnce' | 'AttachStdin']?: boolean } = {},
): Promise<BuildContainer & AsyncDisposable> {
  const { diffIds, platform } = request;
  // Stands for these layers, so that they share the mount points that they lack.
  const imageId = chainIds(diffIds).at(-1) ?? digestOf('');
  const { id } = await service.create(containerRequest(request, mounts, streams), {
    id: imageId,
    diffIds,
    os: platform.os,
    architecture: platform.architecture,
    config: {},
  });
  return { id, imageId, [Symbol.asyncDispose]: () => service.remove(id, { force: true, volumes: true }) };
}

async function runToEnd(service: ContainerService, id: string, request: RunRequest): Promise<number> {
  const streams = await service.attach(id, { stdin: false, stdout: true, stderr: true });
  const ended = service.wait(id, { condition: 'next-exit' });
  ended.catch(() => {});
  try {
    await service.start(id, { hiddenEnv: request.hiddenEnv });
  } catch (error) {
    // A program that is not there is the process's failure, as it is in a shell.
    if (isLamellaError(error) && /no such file or directory|executable file not found/.test(error.message)) {
      request.onOutput(Buffer.from(`${error.message}\n`), 'stderr');
      return 127;
    }
    throw error;
  }
  for await (const { stream, bytes } of streams.output) request.onOutput(bytes, stream);
  return (await ended).exitCode;
}

async function changesOf(
  { store, service }: RunProcessDeps,
  { id, imageId }: BuildContainer,
  { signal, newestTime }: RunRequest,
): Promise<RunResult['diffId']> {
  const layers = await store.layers();
  using lower = await openLowers(store, id, service.mountPoints(imageId));
  const tar = writeUpperLayer(service.paths(id).upper, lower, {
    signal,
    lend: true,
    ...(newestTime === undefined ? {} : { newestTime }),
  });
  await using staged = await layers.stage(tar, { signal, compression: 'none' });
  if (isEmptyTar(staged)) return undefined;
  return layers.publish(staged).diffId;
}

/** As BuildKit calls the machine that a step sees. */
const hostname = 'buildkitsandbox';

function containerRequest(
  request: RunRequest,
  { mounts, tmpfs }: OpenMounts,
  streams: Parameters<typeof createContainer>[3],
): ReturnType<typeof completeRequest> {
  const { words, env, user, workingDir, network, privileged, limits } = request;
  return completeRequest({
    config: {
      Image: 'build',
      Hostname: hostname,
      Entrypoint: [''],
      Cmd: words,
      Env: env,
      User: user,
      WorkingDir: workingDir,
      Labels: { [buildLabel]: currentOwner() },
      ...streams,
    },
    hostConfig: {
      NetworkMode: network,
      Privileged: privileged,
      LogConfig: { Type: 'none', Config: {} },
      Mounts: mounts,
      Tmpfs: tmpfs,
      ExtraHosts: limits.extraHosts,
      Ulimits: limits.ulimits,
      CgroupParent: limits.cgroupParent,
      ...(limits.shmSize === undefined ? {} : { ShmSize: limits.shmSize }),
    },
  });
}
