import { readFileSync } from 'node:fs';
import type { HostConfig } from './host-config.ts';
import { parseSecurityOptions } from './spec/security-options.ts';

/** The profile that Docker's daemon loads into the kernel. Lamella loads none, but uses it where it is there. */
const dockerProfile = 'docker-default';

/** Whether the kernel confines programs by AppArmor profiles. */
export function hasAppArmor(): boolean {
  return read('/sys/module/apparmor/parameters/enabled').startsWith('Y');
}

/** The profile of a container's processes, '' where there is none. */
export function appArmorProfile({ SecurityOpt, Privileged }: HostConfig): string {
  if (!hasAppArmor()) return '';
  const { appArmor } = parseSecurityOptions(SecurityOpt);
  if (appArmor !== '') return appArmor;
  if (Privileged) return 'unconfined';
  const loaded = read('/sys/kernel/security/apparmor/profiles').split('\n');
  return loaded.some((line) => line.startsWith(`${dockerProfile} (`)) ? dockerProfile : '';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
