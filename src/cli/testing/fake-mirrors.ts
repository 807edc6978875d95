import { LamellaError } from '../../base/errors.ts';
import type { MirrorTest, RegistryEngine } from '../../engine/ports/registry-engine.ts';

const digest = `sha256:${'d'.repeat(64)}`;

/** Mirrors that work and such that do not, each named after what is wrong with it. */
export const fakeMirrors: Pick<RegistryEngine, 'mirrors' | 'setMirrors' | 'testMirror'> = {
  mirrors: async () => [
    {
      registry: 'docker.io',
      mirrors: ['https://mirror.example', 'http://10.0.0.1:5000/hub'],
      source: '/etc/docker/daemon.json',
      paused: [
        {
          url: 'http://10.0.0.1:5000/hub',
          until: Date.parse('2026-11-24T12:04:00Z'),
          reason: 'connect ECONNREFUSED 10.0.0.1:5000',
        },
      ],
    },
    {
      registry: 'ghcr.io',
      mirrors: ['https://ghcr.example'],
      source: '/etc/lamella/registries.json',
      paused: [],
    },
  ],
  async setMirrors(registry, mirrors) {
    const bad = mirrors.find((url) => url.includes('@'));
    if (bad !== undefined) {
      throw new LamellaError('invalid', `invalid mirror: username/password not allowed in URI "${bad}"`, {
        code: 'mirror-invalid',
        hint: 'Give the URL without them, and run lamella login mirror.example.',
      });
    }
    return { registry, mirrors, source: '/etc/lamella/registries.json', paused: [] };
  },
  async testMirror(url, { registry = 'docker.io' } = {}) {
    const asked = { url, registry };
    const good = { ...asked, works: true, image: 'busybox:latest', digest, latency: 35, speed: 12_345_678 };
    switch (new URL(url).hostname) {
      case 'portal.example':
        return {
          ...asked,
          works: false,
          problem: 'not-a-registry',
          reason: 'unexpected text/html\u001B[2J',
        } satisfies MirrorTest;
      case 'gone.example':
        return { ...asked, works: false, problem: 'unreachable', reason: 'connect ECONNREFUSED' };
      case 'stale.example':
        return { ...good, isCurrent: false };
      case 'alone.example':
        return good;
      default:
        return { ...good, isCurrent: true };
    }
  },
};
