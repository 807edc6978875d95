import { LamellaError } from '../../base/errors.ts';

/** In the kernel's order: the index is the capability's number (capabilities(7)). */
const names = `
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
  .trim()
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

/** What Docker gives a container that asks for nothing. */
const defaults = `
  CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
  AUDIT_WRITE`
  .trim()
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

/**
 * The capabilities of a container's processes.
 *
 * @param options.available bit set of those that can be given at all: the bounding set of this process
 * @throws LamellaError invalid `capability-unknown`
 */
export function containerCapabilities(options: {
  add: readonly string[];
  drop: readonly string[];
  privileged: boolean;
  available: bigint;
}): string[] {
  const known = names.filter((_, bit) => ((options.available >> BigInt(bit)) & 1n) === 1n);
  if (options.privileged) return known;
  const add = capabilityNames(options.add, 'CapAdd');
  const drop = capabilityNames(options.drop, 'CapDrop');
  const base = add.includes('ALL') ? known : drop.includes('ALL') ? [] : defaults;
  const all = new Set([...base, ...add.filter((name) => name !== 'ALL')]);
  return [...all].filter((name) => !drop.includes(name));
}

/**
 * `chown` and `CAP_CHOWN` as `CAP_CHOWN`, or `ALL`.
 *
 * @throws LamellaError invalid `capability-unknown`
 */
export function capabilityNames(asked: readonly string[], field: 'CapAdd' | 'CapDrop'): string[] {
  return asked.map((text) => {
    const upper = text.toUpperCase();
    if (upper === 'ALL') return upper;
    const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (names.includes(name)) return name;
    throw new LamellaError('invalid', `invalid ${field}: unknown capability: ${JSON.stringify(name)}`, {
      code: 'capability-unknown',
    });
  });
}
