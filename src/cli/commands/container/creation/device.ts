import { posix } from 'node:path';
import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import { CliError } from '../../../errors/cli-error.ts';

/**
 * Reads `/dev/fuse`, `/dev/sda:/dev/xvda`, `/dev/sda:r` or `/dev/sda:/dev/xvda:rw`.
 *
 * @throws CliError in Docker's words
 */
export function parseDevice(text: string): HostConfig['Devices'][number] {
  const parts = text.split(':');
  const [source = '', second = '', third] = parts;
  if (parts.length > 3 || source === '') throw refused(`bad format for path: ${text}`);
  if (third !== undefined && !isAccess(third)) throw refused(`bad mode specified: ${third}`);
  const secondIsAccess = parts.length === 2 && isAccess(second);
  const target = second === '' || secondIsAccess ? source : second;
  if (!target.startsWith('/')) throw refused(`${target} is not an absolute path`);
  return {
    PathOnHost: source,
    PathInContainer: target === source ? source : posix.normalize(target),
    CgroupPermissions: third ?? (secondIsAccess ? second : 'rwm'),
  };
}

/** Each of the letters `r`, `w` and `m` at most once. */
function isAccess(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

function refused(message: string): CliError {
  return new CliError(message, { exitCode: 125, isIntroduced: true });
}
