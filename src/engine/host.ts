import { readFileSync } from 'node:fs';
import { release, type as osType } from 'node:os';

export function kernelVersion(): string {
  return release();
}

/** The name that the system gives itself in /etc/os-release, else that of its kernel. */
export function operatingSystem(): string {
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(read('/etc/os-release'))?.[1];
  return name ?? osType();
}

/** `2`, `1`, or `1+2` where both hierarchies are mounted; '' where there are none. */
export function cgroupVersion(): string {
  const types = new Set(
    [...read('/proc/self/mounts').matchAll(/^\S+ \/sys\/fs\/cgroup\S* (cgroup2?) /gm)].map(
      ([, type]) => type,
    ),
  );
  if (types.has('cgroup')) return types.has('cgroup2') ? '1+2' : '1';
  return types.has('cgroup2') ? '2' : '';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
