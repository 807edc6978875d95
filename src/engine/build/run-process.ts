import { isLamellaError } from '../../base/errors.ts';
import type { RunRequest, RunResult } from '../../build/request.ts';
import { isEmptyTar } from '../../build/empty-tar.ts';
import { writeUpperLayer } from '../../layers/upper-layer.ts';
import { chainIds } from '../../oci/chain-id.ts';
import { digestOf } from '../../oci/digest.ts';
import type { ContainerService } from '../../runtime/container-service.ts';
import { completeRequest } from '../complete-request.ts';
import { openLowers } from '../container-lowers.ts';
import type { Store } from '../store.ts';

/** Containers with this label belong to a build; its value names the process that builds. */
export const buildLabel = 'org.lamella.build';

/** Runs a process of RUN in a container of its own, and makes a layer of what it changed. */
export async function runProcess(
  store: Store,
  service: ContainerService,
  request: RunRequest,
): Promise<RunResult> {
  const { diffIds, platform, signal } = request;
  // Stands for these layers, so that they share the mount points that they lack.
  const imageId = chainIds(diffIds).at(-1) ?? digestOf('');
  const { id } = await service.create(containerRequest(request), {
    id: imageId,
    diffIds,
    os: platform.os,
    architecture: platform.architecture,
    config: {},
  });
  const end = (): void => void service.kill(id, { signal: 'KILL' }).catch(() => {});
  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', end);
    const exitCode = await runToEnd(service, id, request);
    signal?.throwIfAborted();
    if (exitCode !== 0) return { exitCode, diffId: undefined };
    return { exitCode, diffId: await changesOf(store, service, { id, imageId }, request) };
  } finally {
    signal?.removeEventListener('abort', end);
    await service.remove(id, { force: true, volumes: true });
  }
}

async function runToEnd(service: ContainerService, id: string, request: RunRequest): Promise<number> {
  const streams = await service.attach(id, { stdin: false, stdout: true, stderr: true });
  const ended = service.wait(id, { condition: 'next-exit' });
  ended.catch(() => {});
  try {
    await service.start(id);
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
  store: Store,
  service: ContainerService,
  { id, imageId }: { id: string; imageId: string },
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

function containerRequest(request: RunRequest): ReturnType<typeof completeRequest> {
  const { words, env, user, workingDir, network, privileged, mounts } = request;
  return completeRequest({
    config: {
      Image: 'build',
      Entrypoint: [''],
      Cmd: words,
      Env: env,
      User: user,
      WorkingDir: workingDir,
      Labels: { [buildLabel]: String(process.pid) },
    },
    hostConfig: {
      NetworkMode: network,
      Privileged: privileged,
      LogConfig: { Type: 'none', Config: {} },
      Binds: mounts.map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`),
    },
  });
}
