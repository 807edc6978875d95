import { readFileSync } from 'node:fs';
import { LamellaError } from '../base/errors.ts';

const code = 'user-namespace-impossible';

/** Why the kernel gave no user namespace, as its settings tell it. */
export function namespaceRefused(printed: string): LamellaError {
  const refused = 'this machine lets ordinary users make no user namespaces';
  const [reason, hint] =
    setting('/proc/sys/user/max_user_namespaces') === '0'
      ? ['user.max_user_namespaces is 0', 'As root: sysctl user.max_user_namespaces=28633']
      : setting('/proc/sys/kernel/unprivileged_userns_clone') === '0'
        ? ['kernel.unprivileged_userns_clone is 0', 'As root: sysctl kernel.unprivileged_userns_clone=1']
        : setting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1'
          ? [
              'AppArmor restricts them',
              'As root: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with "userns," for it',
            ]
          : [
              printed || 'the kernel refused without a reason',
              'Inside of a container, its seccomp profile may forbid it.',
            ];
  return new LamellaError('forbidden', `${refused}: ${reason}`, { code, hint });
}

export function mapRefused(printed: string): LamellaError {
  return new LamellaError('forbidden', `cannot map IDs into a user namespace: ${printed}`, {
    code,
    hint: 'newuidmap and newgidmap must be setuid root, or have cap_setuid and cap_setgid (getcap /usr/bin/newuidmap).',
  });
}

function setting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
