import type { ContainerImage, ContainerRequest } from '../../src/runtime/types.ts';

/** An image without layers and without wishes: for tests and examples. */
export const exampleImage: ContainerImage = {
  id: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  os: 'linux',
  architecture: 'amd64',
  config: {},
};

/** A request in which only the command and what `changes` says is asked for. */
export function exampleRequest(
  command: readonly string[],
  changes: {
    name?: string;
    config?: Partial<ContainerRequest['config']>;
    hostConfig?: Partial<ContainerRequest['hostConfig']>;
  } = {},
): ContainerRequest {
  return {
    name: changes.name,
    platform: undefined,
    config: {
      Image: 'example',
      Cmd: command,
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
      ...changes.config,
    },
    hostConfig: {
      AutoRemove: false,
      Binds: [],
      Tmpfs: {},
      NetworkMode: 'none',
      ReadonlyRootfs: false,
      Init: undefined,
      Privileged: false,
      CapAdd: [],
      CapDrop: [],
      Memory: 0,
      NanoCpus: 0,
      PidsLimit: undefined,
      ShmSize: undefined,
      ...changes.hostConfig,
    },
    consoleSize: [0, 0],
  };
}
