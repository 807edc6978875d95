import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createDocker } from './docker.ts';
import type { Engine, EngineName } from './engine.ts';
import { createLamella, unmountBelow } from './lamella.ts';
import { findPeers, openPeerRoot, type PeerRoot } from './peer-root.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import { createPodman } from './podman.ts';

export interface Engines extends AsyncDisposable {
  readonly all: readonly Engine[];
  /** Where the peers are; started if what is measured needs it. */
  openRegistry(): Promise<Registry | undefined>;
}

/** The engines asked for, each with an empty store below the bench's folder. Disposing removes the stores. */
export async function openEngines(
  folder: string,
  names: readonly EngineName[],
  log: (line: string) => void,
): Promise<Engines> {
  const clear = (): void => {
    unmountBelow(folder);
    for (const store of ['lamella', 'docker', 'podman', 'podman-tmp', 'registry', 'out'])
      rmSync(join(folder, store), { recursive: true, force: true });
  };
  clear();
  mkdirSync(join(folder, 'out'), { recursive: true });

  const peers = findPeers();
  if (!peers && names.some((name) => name !== 'lamella'))
    log(
      'Docker and Podman are not here to compare with: bench/README.md says how to get them. Lamella alone:',
    );
  const wanted = names.filter((name) => peers || name === 'lamella');
  let root: PeerRoot | undefined;
  let registry: Registry | undefined;
  if (peers) root = await openPeerRoot(peers, folder);
  const all = wanted.map((name): Engine => {
    if (name === 'lamella' || !root) return createLamella(folder);
    return name === 'docker' ? createDocker(root, folder) : createPodman(root, folder);
  });
  return {
    all,
    openRegistry: async () => (registry ??= root && (await openRegistry(root, folder))),
    async [Symbol.asyncDispose]() {
      await registry?.[Symbol.asyncDispose]();
      await root?.[Symbol.asyncDispose]();
      clear();
    },
  };
}
