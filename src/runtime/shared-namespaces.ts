import { existsSync } from 'node:fs';
import { LamellaError } from '../base/errors.ts';
import { hasEnded } from './exit-record.ts';
import { sharedContainer, type SharedNamespaces } from './spec/namespaces.ts';
import type { Container } from './types.ts';

export interface SharingDeps {
  /** @throws LamellaError not-found `container-not-found` */
  readonly find: (text: string) => Container;
  /** Where a container's shared memory is on the machine, if it has any to share. */
  readonly sharedMemory: (id: string) => string;
}

/**
 * The namespaces of other containers that this one is to be in, and the folder that is to be its /dev/shm where that is
 * not its own.
 *
 * @throws LamellaError conflict `container-not-running`, `ipc-not-shareable`
 */
export function sharedNamespaces(
  { id, spec: { hostConfig } }: Container,
  { find, sharedMemory }: SharingDeps,
): { namespaces: Pick<SharedNamespaces, 'ipc' | 'pid'>; sharedMemory: string | undefined } {
  const pidOf = (mode: string, kind: string): { id: string; pid: number } | undefined => {
    const name = sharedContainer(mode);
    if (name === undefined) return undefined;
    const { id: other, status, state } = find(name);
    if (status === 'running' && !hasEnded(state) && state.pid !== undefined) {
      return { id: other, pid: state.pid };
    }
    throw cannotJoin(kind, `container ${other} is not running`, 'container-not-running');
  };
  const ipc = pidOf(hostConfig.IpcMode, 'IPC');
  const pid = pidOf(hostConfig.PidMode, 'PID');
  if (ipc !== undefined && !existsSync(sharedMemory(ipc.id))) {
    throw cannotJoin(
      'IPC',
      `container ${ipc.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
      'ipc-not-shareable',
    );
  }
  const folders: Readonly<Record<string, string>> = { host: '/dev/shm', shareable: sharedMemory(id) };
  return {
    namespaces: {
      ...(ipc === undefined ? {} : { ipc: `/proc/${ipc.pid}/ns/ipc` }),
      ...(pid === undefined ? {} : { pid: `/proc/${pid.pid}/ns/pid` }),
    },
    sharedMemory: ipc === undefined ? folders[hostConfig.IpcMode] : sharedMemory(ipc.id),
  };
}

function cannotJoin(kind: string, reason: string, code: string): LamellaError {
  return new LamellaError('conflict', `failed to join ${kind} namespace: ${reason}`, { code });
}
