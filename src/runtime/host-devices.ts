import { readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import { unpackDevice } from '../linux/nodes.ts';
import type { DeviceMapping } from './host-config.ts';
import type { AskedDevice, HostDevice } from './spec/devices.ts';
import type { DeviceNumbers } from './spec/oci-spec.ts';

/** The machine's devices below a folder, without the places that each container has of its own. */
export function listDevices(folder: string): HostDevice[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['pts', 'shm', 'mqueue'].includes(entry.name) ? [] : listDevices(path);
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
    return readDevice(path) ?? [];
  });
}

/** What has just gone, or lies deeper than a path can name, holds no device for a container. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENAMETOOLONG'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

/**
 * The devices that `--device` asks for; a directory means all devices in it.
 *
 * @throws LamellaError invalid `device-invalid`
 */
export function askedDevices(mappings: readonly DeviceMapping[]): AskedDevice[] {
  return mappings.flatMap(({ PathOnHost, PathInContainer, CgroupPermissions: access }) => {
    const source = resolve(PathOnHost);
    const device = readDevice(source);
    if (device !== undefined) return [{ device: { ...device, path: PathInContainer }, access }];
    if (!statSync(source).isDirectory()) throw invalid(PathOnHost, 'not a device node');
    return listDevices(source).map((inner) => ({
      device: { ...inner, path: join(PathInContainer, relative(source, inner.path)) },
      access,
    }));
  });
}

/** @throws LamellaError invalid `device-invalid` where there is none */
export function deviceNumbers(path: string): DeviceNumbers {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new LamellaError('invalid', `stat ${path}: no such file or directory`, { code: 'device-invalid' });
  }
  return unpackDevice(stat.rdev);
}

function resolve(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    throw invalid(path, 'no such file or directory');
  }
}

/** Undefined for anything but a device. */
function readDevice(path: string): HostDevice | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || (!stat.isCharacterDevice() && !stat.isBlockDevice())) return undefined;
  const { rdev, mode, uid, gid } = stat;
  const type = stat.isCharacterDevice() ? ('c' as const) : ('b' as const);
  return { path, type, ...unpackDevice(rdev), fileMode: mode & 0o777, uid, gid };
}

function invalid(path: string, reason: string): LamellaError {
  return new LamellaError(
    'invalid',
    `error gathering device information while adding custom device ${JSON.stringify(path)}: ${reason}`,
    { code: 'device-invalid' },
  );
}
