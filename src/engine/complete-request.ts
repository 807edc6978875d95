import type { ExecRequest } from '../runtime/exec.ts';
import type { ContainerRequest } from '../runtime/types.ts';
import type { NewContainer, NewExec } from './ports/container-engine.ts';

/** A request in which everything is said: with Docker's default for what was not. */
export function completeRequest({
  name,
  platform,
  config,
  hostConfig,
  consoleSize = [0, 0],
}: NewContainer): ContainerRequest {
  return {
    name,
    platform,
    config: {
      Cmd: undefined,
      Entrypoint: undefined,
      Env: [],
      Labels: {},
      Hostname: '',
      User: '',
      WorkingDir: '',
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      StopSignal: undefined,
      StopTimeout: undefined,
      ...config,
    },
    hostConfig: {
      AutoRemove: false,
      Binds: [],
      Tmpfs: {},
      NetworkMode: 'default',
      ReadonlyRootfs: false,
      Init: undefined,
      Privileged: false,
      CapAdd: [],
      CapDrop: [],
      Memory: 0,
      NanoCpus: 0,
      PidsLimit: undefined,
      ShmSize: undefined,
      ...hostConfig,
    },
    consoleSize,
  };
}

export function completeExec(request: NewExec): ExecRequest {
  return {
    tty: false,
    stdin: false,
    detach: false,
    privileged: false,
    env: [],
    user: '',
    workingDir: '',
    consoleSize: [0, 0],
    ...request,
  };
}
