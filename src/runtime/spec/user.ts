import { LamellaError } from '../../base/errors.ts';
import type { RuntimeUser } from './oci-spec.ts';

/** The largest uid and gid that the kernel and Docker take. */
const largestId = 2_147_483_647;

export interface ResolvedUser extends RuntimeUser {
  /** '' where /etc/passwd does not say. */
  readonly home: string;
}

interface PasswdLine {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupLine {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * Who `user[:group]` is, by the container's own files. Digits are always a number, never a name: a line of /etc/passwd
 * that calls root `4294967296` does not make that number root (CVE-2024-40635).
 *
 * @param moreGroups names or numbers of groups to be in besides
 * @param files the content of /etc/passwd and /etc/group, '' where they are missing
 * @throws LamellaError invalid `user-unknown`, `user-invalid`
 */
export function resolveUser(
  asked: string,
  files: { passwd: string; group: string },
  moreGroups: readonly string[] = [],
): ResolvedUser {
  const colon = asked.indexOf(':');
  const userText = colon === -1 ? asked : asked.slice(0, colon);
  const groupText = colon === -1 ? '' : asked.slice(colon + 1);
  const user = findUser(userText, files.passwd);
  const groups = parseGroup(files.group);
  const gid = groupText === '' ? user.gid : findGroup(groupText, groups);
  const extra =
    groupText === '' && user.name !== undefined
      ? groups.filter((group) => group.members.includes(user.name ?? '')).map((group) => group.gid)
      : [];
  const more = moreGroups.map((text) => findGroup(text, groups));
  return { uid: user.uid, gid, additionalGids: [...new Set([gid, ...extra, ...more])], home: user.home };
}

function findUser(
  text: string,
  passwd: string,
): { name: string | undefined; uid: number; gid: number; home: string } {
  const uid = text === '' ? 0 : parseId(text);
  const line = parsePasswd(passwd).find((user) =>
    uid === undefined ? user.name === text : user.uid === uid,
  );
  if (line !== undefined) return line;
  if (uid === undefined) {
    throw new LamellaError('invalid', `unable to find user ${text}: no matching entries in passwd file`, {
      code: 'user-unknown',
    });
  }
  return { name: undefined, uid, gid: 0, home: '' };
}

function findGroup(text: string, groups: readonly GroupLine[]): number {
  const gid = parseId(text);
  if (gid !== undefined) return gid;
  const line = groups.find((group) => group.name === text);
  if (line !== undefined) return line.gid;
  throw new LamellaError('invalid', `unable to find group ${text}: no matching entries in group file`, {
    code: 'user-unknown',
  });
}

/** A number where `text` is one, undefined where it is a name. */
function parseId(text: string): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const id = Number(text);
  if (id >= 0 && id <= largestId) return id;
  throw new LamellaError('invalid', `uids and gids must be in range 0-${largestId}`, {
    code: 'user-invalid',
  });
}

/** Lines that no account can be read from are passed over, as libc does; so are those with ids out of range. */
function parsePasswd(text: string): PasswdLine[] {
  return lines(text).flatMap(([name = '', , uid, gid, , home = '']) =>
    isId(uid) && isId(gid) && name !== '' ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [],
  );
}

function parseGroup(text: string): GroupLine[] {
  return lines(text).flatMap(([name = '', , gid, members = '']) =>
    isId(gid) && name !== '' ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
  );
}

function lines(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function isId(text: string | undefined): boolean {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) && Number(text) <= largestId;
}
