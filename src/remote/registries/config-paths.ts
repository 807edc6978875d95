import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMachineRoot } from '../../base/user.ts';

/** Where people write about registries. Folders and files that are not there say nothing. */
export interface ConfigPaths {
  /** Lamella's own, the first of them its writer's: what it says of a registry counts, then what the next one says. */
  readonly own: readonly [string, ...string[]];
  /** Docker's daemon.json, read and never written. */
  readonly daemon: readonly string[];
  /** Folders with a folder `HOST[:PORT]` for each server. */
  readonly certificates: readonly string[];
}

/**
 * Root's own settings are those of the machine; anybody else's come before them. `LAMELLA_CONFIG` names a folder in
 * place of Lamella's, `LAMELLA_DOCKER_ETC` one in place of Docker's.
 */
export function configPaths(env: NodeJS.ProcessEnv, isRoot: boolean = isMachineRoot(env)): ConfigPaths {
  const home = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  const mine = (name: string): string[] => (isRoot ? [] : [join(home, name)]);
  const own = env['LAMELLA_CONFIG'] ? [env['LAMELLA_CONFIG']] : [...mine('lamella'), '/etc/lamella'];
  const docker = env['LAMELLA_DOCKER_ETC'] ? [env['LAMELLA_DOCKER_ETC']] : [...mine('docker'), '/etc/docker'];
  const podman = env['LAMELLA_DOCKER_ETC'] ? [] : [...mine('containers'), '/etc/containers'];
  const [first = '/etc/lamella', ...others] = own;
  return {
    own: [join(first, 'registries.json'), ...others.map((folder) => join(folder, 'registries.json'))],
    daemon: docker.map((folder) => join(folder, 'daemon.json')),
    certificates: [...own, ...docker, ...podman].map((folder) => join(folder, 'certs.d')),
  };
}
