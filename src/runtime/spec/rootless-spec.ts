import { LamellaError } from '../../base/errors.ts';
import type { RuntimeMount, RuntimeSpec } from './oci-spec.ts';
import type { ResolvedUser } from './user.ts';

/** What the machine says of an ordinary user's rights. */
export interface RootlessMachine {
  /** Of this process: whoever has no rights may only raise it. */
  readonly oomScoreAdj: number;
  /** The largest group ID of the namespace; 0 where it has but one. */
  readonly lastGroup: number;
  /** Whether the user may read and write a device of the machine. */
  readonly mayUse: (path: string) => boolean;
  readonly exists: (path: string) => boolean;
}

/**
 * A container's configuration without what the root of a user namespace may not have: control groups, devices that the
 * user may not use, a sysfs of a network that is not the namespace's own.
 */
export function rootlessSpec(
  spec: RuntimeSpec,
  { oomScoreAdj, lastGroup, mayUse, exists }: RootlessMachine,
): RuntimeSpec {
  const { process, linux } = spec;
  const { cgroupsPath: _path, devices, sysctl, ...kept } = linux;
  const isApart = (type: string): boolean => linux.namespaces.some((namespace) => namespace.type === type);
  // What these show belongs to a namespace, and only its root may show it anew.
  const lacking = (type: string): boolean =>
    (type === 'sysfs' && !isApart('network')) ||
    (type === 'proc' && !isApart('pid')) ||
    (type === 'mqueue' && !isApart('ipc'));
  return {
    ...spec,
    process: { ...process, oomScoreAdj: Math.max(process.oomScoreAdj ?? 0, oomScoreAdj) },
    mounts: spec.mounts
      .map((mount) => (lacking(mount.type) ? ofTheMachine(mount) : withKnownGroup(mount, lastGroup)))
      .filter((mount) => mount.source !== places.mqueue || exists(places.mqueue)),
    linux: {
      ...kept,
      ...(sysctl === undefined ? {} : { sysctl: withKnownGroups(sysctl, lastGroup) }),
      resources: { devices: [] },
      ...(devices === undefined ? {} : { devices: devices.filter(({ path }) => mayUse(path)) }),
    },
  };
}

/**
 * A user of the container, without groups that the namespace has not.
 *
 * @throws LamellaError unsupported `id-not-mapped`
 */
export function knownUser(
  user: ResolvedUser,
  { lastUser, lastGroup }: { lastUser: number; lastGroup: number },
): ResolvedUser {
  if (user.uid > lastUser || user.gid > lastGroup) {
    throw new LamellaError('unsupported', `the user namespace has no user ${user.uid}:${user.gid}`, {
      code: 'id-not-mapped',
      hint: 'An administrator sets IDs aside for you in /etc/subuid and /etc/subgid; `lamella info` says more.',
    });
  }
  // With one group only, the kernel lets nobody choose groups at all.
  const additionalGids = user.additionalGids.filter((group) => lastGroup > 0 && group <= lastGroup);
  return { ...user, additionalGids };
}

/** The group of terminals, where there is none. */
function withKnownGroup(mount: RuntimeMount, lastGroup: number): RuntimeMount {
  const isUnknown = (option: string): boolean =>
    mount.type === 'devpts' && option.startsWith('gid=') && Number(option.slice(4)) > lastGroup;
  return { ...mount, options: mount.options.filter((option) => !isUnknown(option)) };
}

/** Groups that the namespace has not cannot be given the right to send pings. */
function withKnownGroups(
  sysctl: Readonly<Record<string, string>>,
  lastGroup: number,
): Readonly<Record<string, string>> {
  const name = 'net.ipv4.ping_group_range';
  const [first = '', last = ''] = sysctl[name]?.split(/\s+/) ?? [];
  return Number(last) > lastGroup ? { ...sysctl, [name]: `${first} ${lastGroup}` } : sysctl;
}

const places = { sysfs: '/sys', proc: '/proc', mqueue: '/dev/mqueue' } as const;

function ofTheMachine({ destination, type, options }: RuntimeMount): RuntimeMount {
  const source = (places as Readonly<Record<string, string>>)[type] ?? destination;
  return { destination, type: 'bind', source, options: [...options, 'rbind', 'rprivate'] };
}
