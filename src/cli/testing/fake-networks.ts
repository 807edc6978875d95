import { LamellaError } from '../../base/errors.ts';
import type { NetworkEngine, NetworkSummary } from '../../engine/ports/network-engine.ts';

const bridge: NetworkSummary = {
  Name: 'bridge',
  Id: '4'.repeat(64),
  Created: '2026-11-24T10:00:00Z',
  Scope: 'local',
  Driver: 'bridge',
  EnableIPv6: false,
  Internal: false,
  Labels: {},
};
const backend: NetworkSummary = {
  ...bridge,
  Name: 'backend',
  Id: '5'.repeat(64),
  EnableIPv6: true,
  Labels: { tier: 'db', evil: 'a\u001B[2Jb' },
};

/** The default network, and one with a container that runs. */
export const fakeNetworks: NetworkEngine = {
  create: async () => ({ id: backend.Id }),
  list: async ({ filters = {} } = {}) => (filters['type']?.[0] === 'custom' ? [backend] : [backend, bridge]),
  async inspect(name) {
    if (name !== 'backend') throw noNetwork(name);
    return { Name: 'backend', Id: backend.Id, Containers: {} };
  },
  async remove(name) {
    if (name === 'nope') throw noNetwork(name);
    if (name === 'bridge') {
      throw new LamellaError('forbidden', 'bridge is a pre-defined network and cannot be removed', {
        code: 'network-predefined',
      });
    }
  },
  prune: async () => ({ removed: ['backend'] }),
  async connect(name) {
    if (name === 'nope') throw noNetwork(name);
  },
  async disconnect(name) {
    if (name === 'nope') throw noNetwork(name);
  },
};

function noNetwork(name: string): LamellaError {
  return new LamellaError('not-found', `network ${name} not found`, { code: 'network-not-found' });
}
