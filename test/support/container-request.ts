import { completeRequest } from '../../src/engine/complete-request.ts';
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
  return completeRequest({
    name: changes.name,
    config: { Image: 'example', Cmd: command, ...changes.config },
    hostConfig: { NetworkMode: 'none', ...changes.hostConfig },
  });
}
