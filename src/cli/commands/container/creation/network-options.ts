import type { NewContainer } from '../../../../engine/ports/container-engine.ts';
import { text, type OptionTable, type OptionValues, type TextOption } from '../../../arguments/options.ts';

/** Names, networks and published ports. */
export interface NetworkOptions extends OptionTable {
  readonly hostname: TextOption;
  readonly network: TextOption;
}

export const networkOptions: NetworkOptions = {
  hostname: text({ en: 'Container host name', zh: '容器的主机名' }, { short: 'h' }),
  network: text(
    { en: 'Connect a container to a network: "none" or "host"', zh: '容器使用的网络："none" 或 "host"' },
    { alias: 'net', valueName: 'network', choices: ['none', 'host'] },
  ),
};

export function networkRequest(options: OptionValues<NetworkOptions>): {
  config: Partial<NewContainer['config']>;
  hostConfig: NonNullable<NewContainer['hostConfig']>;
  endpoints: NonNullable<NewContainer['endpoints']>;
} {
  return {
    config: { Hostname: options.hostname ?? '' },
    hostConfig: { NetworkMode: options.network ?? '' },
    endpoints: {},
  };
}
