import type { JsonObject } from '../base/json.ts';
import type { NetworkView } from '../networks/network-view.ts';
import { portSummaries } from './network-json.ts';
import { shownNetworkMode } from './shown-network-mode.ts';
import { commandLine } from './spec/command.ts';
import { shownStatus, statusText } from './status-text.ts';
import type { Container } from './types.ts';

/** One row of `GET /containers/json` of the Docker Engine API. */
export interface ContainerSummary {
  readonly Id: string;
  /** With the leading slash, as Docker has it. */
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  /** The whole command line as one string. */
  readonly Command: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly State: string;
  /** `Up 3 minutes`, `Exited (0) 2 hours ago`, `Created`. */
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Mounts: readonly JsonObject[];
  readonly Ports: readonly JsonObject[];
  readonly HostConfig: { readonly NetworkMode: string };
  /** Names of the networks it is on. */
  readonly Networks: readonly string[];
  /** Bytes in the writable layer and in all layers, where asked for. */
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
}

/** A container as `ps` shows it. @param now milliseconds since 1970 */
export function containerSummary(container: Container, now: number, networks: NetworkView): ContainerSummary {
  const { spec } = container;
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: container.imageName,
    ImageID: container.imageId,
    Command: commandText(commandLine(spec.config)),
    Created: Math.floor(container.createdAt / 1000),
    State: shownStatus(container),
    Status: statusText(container, now),
    Labels: spec.config.Labels,
    Mounts: mountPoints(container),
    Ports: portSummaries(container, networks),
    HostConfig: { NetworkMode: shownNetworkMode(container) },
    Networks: networkNames(container, networks),
  };
}

function networkNames(container: Container, { endpoints }: NetworkView): string[] {
  const names = endpoints.map(({ endpoint }) => endpoint.network);
  return names.length > 0 ? names : [shownNetworkMode(container)];
}

/** Words with a space in quotes, as Docker shows them. */
function commandText([program = '', ...words]: readonly string[]): string {
  return [program, ...words.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' ');
}

/** The `Mounts` of `inspect` and `ps`, keys in Docker's order. */
export function mountPoints({ spec }: Container): JsonObject[] {
  return spec.mounts.map(({ type, name, source, target, mode, readOnly, propagation }) => ({
    Type: type,
    ...(name === '' ? {} : { Name: name }),
    Source: source,
    Destination: target,
    ...(type === 'volume' ? { Driver: 'local' } : {}),
    Mode: mode,
    RW: !readOnly,
    Propagation: propagation,
  }));
}
