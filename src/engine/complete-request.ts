import { noWishes } from '../networks/endpoint.ts';
import type { ExecRequest } from '../runtime/exec.ts';
import { defaultHostConfig, type EndpointRequest } from '../runtime/host-config.ts';
import type { ContainerRequest } from '../runtime/types.ts';
import type { NewContainer, NewExec } from './ports/container-engine.ts';

/** A request in which everything is said: with Docker's default for what was not. */
export function completeRequest({
  name,
  platform,
  config,
  hostConfig,
  endpoints = {},
  consoleSize = [0, 0],
  createCommand,
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
      Domainname: '',
      User: '',
      WorkingDir: '',
      ExposedPorts: [],
      Volumes: [],
      Healthcheck: undefined,
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
    hostConfig: { ...defaultHostConfig, ...hostConfig },
    endpoints: Object.fromEntries(
      Object.entries(endpoints).map(([name, endpoint]) => [name, completeEndpoint(endpoint)]),
    ),
    consoleSize,
    createCommand,
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

export function completeEndpoint(endpoint: Partial<EndpointRequest>): EndpointRequest {
  return { ...noWishes, ...endpoint };
}
