import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/**
 * Set for commands that run in the user namespace of an ordinary user (room `rootless`), where they are root to the
 * kernel's eyes: `<uid>:<name>:<run folder>`, as the machine outside knows them.
 */
export const namespaceVariable = 'LAMELLA_USERNS';

/** Who made the user namespace that a process is in. */
export interface NamespaceOwner {
  /** Outside of the namespace; in it, they are 0. */
  readonly uid: number;
  readonly name: string;
  /** Their folder for what a reboot ends, the same for all commands that share the namespace. */
  readonly runFolder: string;
}

/** Undefined for a process that is in no user namespace of Lamella's making. */
export function namespaceOwner(env: NodeJS.ProcessEnv = process.env): NamespaceOwner | undefined {
  const [, uid = '', name = '', runFolder = ''] =
    /^([1-9][0-9]*):([^:]*):(\/.*)$/.exec(env[namespaceVariable] ?? '') ?? [];
  if (runFolder === '' || process.getuid?.() !== 0 || !isRootAs(uid)) return undefined;
  return { uid: Number(uid), name, runFolder };
}

/** The variable alone proves nothing: the machine's root may have taken it over with somebody's environment. */
function isRootAs(uid: string): boolean {
  try {
    return new RegExp(`^\\s*0\\s+${uid}\\s`).test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false;
  }
}

/** The user's number as the machine knows it; undefined where there are no such numbers. */
export function outerUserId(env: NodeJS.ProcessEnv = process.env): number | undefined {
  return namespaceOwner(env)?.uid ?? process.getuid?.();
}

/** The machine's root, and not one who is only root of a user namespace that Lamella has made for them. */
export function isMachineRoot(env: NodeJS.ProcessEnv = process.env): boolean {
  return outerUserId(env) === 0;
}

/** The name of who runs this, else their number. */
export function userName(env: NodeJS.ProcessEnv = process.env): string {
  const name = namespaceOwner(env)?.name;
  if (name !== undefined && name !== '') return name;
  try {
    return userInfo().username;
  } catch {
    return String(outerUserId(env) ?? '');
  }
}
