import type { RunSettings } from '../../build/request.ts';

/** What steps of RUN get where nobody says anything. */
export const noRunSettings: RunSettings = {
  network: 'default',
  allow: new Set(),
  secrets: new Map(),
  agents: new Map(),
  limits: { extraHosts: [], ulimits: [], shmSize: undefined, cgroupParent: '' },
};
