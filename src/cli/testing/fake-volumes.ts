import { LamellaError } from '../../base/errors.ts';
import type { VolumeEngine, VolumeSummary } from '../../engine/ports/volume-engine.ts';

const data: VolumeSummary = {
  CreatedAt: '2026-11-24T10:00:00Z',
  Driver: 'local',
  Labels: { tier: 'db', evil: 'a\u001B[2Jb' },
  Mountpoint: '/var/lib/lamella/volumes/data/_data',
  Name: 'data',
  Options: null,
  Scope: 'local',
};
const anonymous: VolumeSummary = {
  ...data,
  Labels: { 'com.docker.volume.anonymous': '' },
  Name: 'f'.repeat(64),
};

/** Two volumes, of which a container has the one with a name. */
export const fakeVolumes: VolumeEngine = {
  create: async ({ name }) => (name === undefined || name === '' ? anonymous : { ...data, Name: name }),
  list: async ({ filters = {} } = {}) =>
    filters['dangling'] === undefined ? [data, anonymous] : [anonymous],
  usage: async () => [
    { ...data, UsageData: { Size: 1_200_000, RefCount: 1 } },
    { ...anonymous, UsageData: { Size: 2500, RefCount: 0 } },
  ],
  async inspect(name) {
    if (name !== 'data') throw noVolume(name);
    return { ...data };
  },
  async remove(name, { force = false } = {}) {
    if (name === 'data') {
      throw new LamellaError('conflict', `remove data: volume is in use - [${'1'.repeat(64)}]`, {
        code: 'volume-in-use',
      });
    }
    if (name === 'nope' && !force) throw noVolume(name);
  },
  prune: async () => ({ removed: [anonymous.Name], spaceReclaimed: 2500 }),
};

function noVolume(name: string): LamellaError {
  return new LamellaError('not-found', `get ${name}: no such volume`, { code: 'volume-not-found' });
}
