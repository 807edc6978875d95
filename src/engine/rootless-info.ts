import { accessSync, constants } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import { isMachineRoot, namespaceOwner } from '../base/user.ts';
import { findConnector } from '../networks/rootless/connector.ts';
import { oneIdProblem } from '../rootless/one-id.ts';
import type { Settings } from './settings.ts';

/** What an ordinary user has to do without on this machine, and what would help. */
export function rootlessWarnings({ namespaceProblem }: Pick<Settings, 'namespaceProblem'>): string[] {
  if (isMachineRoot() || process.platform !== 'linux') return [];
  if (namespaceProblem !== undefined) {
    return [`Containers cannot run: ${messageOf(namespaceProblem)}`];
  }
  const owner = namespaceOwner();
  if (owner === undefined) return [];
  const oneId = oneIdProblem(owner.name);
  return [
    ...(oneId === undefined ? [] : [oneId]),
    'Running in rootless-mode without cgroups. Limits of memory, CPU and processes are discarded.',
    ...(findConnector() === undefined
      ? ['No pasta and no slirp4netns: containers have no network but with --network none or host.']
      : mayUseTun()
        ? []
        : ['/dev/net/tun is not accessible: containers have no network but with --network none or host.']),
  ];
}

function mayUseTun(): boolean {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
