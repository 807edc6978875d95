import { closeSync, openSync } from 'node:fs';
import { systemCall } from './libc.ts';

const CLONE_NEWNET = 0x4000_0000;

const unshareCall = systemCall('int unshare(int flags)');
const setnsCall = systemCall('int setns(int fd, int type)');

/** A network of its own, which lives as long as a process is in it or a descriptor of it is open. */
export interface NetworkNamespace extends Disposable {
  readonly fd: number;
  /** Runs `action` in it. It is done when it returns: what it begins and does not finish would run outside. */
  run<T>(action: () => T): T;
}

/** Makes an empty one, with nothing in it but a loopback device that is not started. */
export function createNetworkNamespace(): NetworkNamespace {
  return withOwnNamespace(() => {
    unshareCall('make a network namespace', CLONE_NEWNET);
    return over(openSync(here, 'r'));
  });
}

/** Opens the one at a path, such as `/proc/PID/ns/net`. */
export function openNetworkNamespace(path: string): NetworkNamespace {
  return over(openSync(path, 'r'));
}

/** The thread's own: namespaces belong to threads, and all that is done here runs on one. */
const here = '/proc/thread-self/ns/net';

function over(fd: number): NetworkNamespace {
  return {
    fd,
    run: (action) =>
      withOwnNamespace(() => {
        setnsCall('enter a network namespace', fd, CLONE_NEWNET);
        return action();
      }),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** Comes back to where this thread is now, whatever `action` does. */
function withOwnNamespace<T>(action: () => T): T {
  const own = openSync(here, 'r');
  try {
    return action();
  } finally {
    setnsCall('go back to the own network namespace', own, CLONE_NEWNET);
    closeSync(own);
  }
}
