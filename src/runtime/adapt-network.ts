import { isLamellaError, LamellaError } from '../base/errors.ts';
import { isNetwork } from '../networks/container-networks.ts';
import { sharedContainer } from './spec/namespaces.ts';
import type { ContainerRequest } from './types.ts';

/**
 * The network mode of a new container, with the ID of another container that it names.
 *
 * @throws LamellaError invalid `network-conflict` for what does not go together (moby runconfig/hostconfig_unix.go);
 *   not-found `container-not-found`
 */
export function adaptNetwork(
  { config, hostConfig, endpoints }: Pick<ContainerRequest, 'config' | 'hostConfig' | 'endpoints'>,
  containerId: (name: string) => string,
): { networkMode: string; warnings: readonly string[] } {
  const { NetworkMode: mode, PortBindings, PublishAllPorts, Links } = hostConfig;
  const publishes = PublishAllPorts || Object.keys(PortBindings).length > 0;
  const other = sharedContainer(mode);
  if (other !== undefined) {
    const conflicts: readonly (readonly [isAsked: boolean, problem: string])[] = [
      [config.Hostname !== '', 'hostname and the network mode'],
      [
        Links.length > 0,
        "container type network can't be used with links. This would result in undefined behavior",
      ],
      [hostConfig.Dns.length > 0, 'dns and the network mode'],
      [hostConfig.ExtraHosts.length > 0, 'custom host-to-IP mapping and the network mode'],
      [publishes, 'port publishing and the container type network mode'],
      [config.ExposedPorts.length > 0, 'port exposing and the container type network mode'],
    ];
    for (const [isAsked, problem] of conflicts) refuseIf(isAsked, `conflicting options: ${problem}`);
    return { networkMode: `container:${idOf(other, containerId)}`, warnings: [] };
  }
  refuseIf(
    mode === 'host' && Links.length > 0,
    "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
  );
  const others = Object.keys(endpoints).filter((name) => name !== mode);
  refuseIf(
    !isNetwork(mode) && others.length > 0,
    mode === 'host'
      ? 'container sharing network namespace with another container or host cannot be connected to any other network'
      : 'container cannot be connected to multiple networks with one of the networks in private (none) mode',
  );
  const discarded = mode === 'host' && publishes;
  return {
    networkMode: mode === '' ? 'default' : mode,
    warnings: discarded ? ['Published ports are discarded when using host network mode'] : [],
  };
}

function idOf(name: string, containerId: (name: string) => string): string {
  try {
    return containerId(name);
  } catch (error) {
    if (!isLamellaError(error, 'not-found')) throw error;
    const message = `joining network namespace of container: ${error.message}`;
    throw new LamellaError('not-found', message, { code: error.code });
  }
}

function refuseIf(isWrong: boolean, problem: string): void {
  if (isWrong) throw new LamellaError('invalid', problem, { code: 'network-conflict' });
}
