import type { Container } from './types.ts';

/** The network by the name that Docker shows for the default one. */
export function shownNetworkMode({ spec }: Container): string {
  const { NetworkMode } = spec.hostConfig;
  return NetworkMode === 'default' ? 'bridge' : NetworkMode;
}
