import { lastMappedId } from '../linux/user-namespace.ts';

/** The range that a user needs who has none: what useradd gives to the first user of a machine. */
const usualRange = '100000-165535';

/**
 * What somebody lacks whose namespace has no ID but their own, and what to do about it; undefined with IDs enough. An
 * image's files all belong to the container's root then, and nothing in it can run as anybody else.
 */
export function oneIdProblem(name: string): string | undefined {
  if (lastMappedId('uid') > 0) return undefined;
  return (
    'Only one user ID: all files of images belong to root, and nothing can run as another user. ' +
    `Install uidmap, and as root: usermod --add-subuids ${usualRange} --add-subgids ${usualRange} ${name}; ` +
    'then end the process that keeps the namespace: pkill -u $(id -u) -f "^sleep infinity"'
  );
}
