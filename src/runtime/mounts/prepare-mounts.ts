import { existsSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { isLamellaError, LamellaError, systemErrorCode } from '../../base/errors.ts';
import type { RecordEvent } from '../../events/event-log.ts';
import { folderOf, type ConfinedFolder } from '../../linux/confined-folder.ts';
import { MNT_DETACH, umount } from '../../linux/mount.ts';
import type { Digest } from '../../oci/digest.ts';
import type { VolumeService } from '../../volumes/volume-service.ts';
import type { VolumeUse } from '../../volumes/volume-store.ts';
import type { ContainerPaths } from '../container-paths.ts';
import type { RootDriver } from '../root-file-system.ts';
import type { RuntimeMount } from '../spec/oci-spec.ts';
import { bindMount, tmpfsMount } from '../spec/mounts.ts';
import type { Container } from '../types.ts';
import { checkPropagation } from './check-propagation.ts';
import { openInRoot } from './open-in-root.ts';
import { bindSubpath } from './bind-subpath.ts';
import type { ContainerMount } from './container-mount.ts';

interface MountDeps {
  readonly volumes: VolumeService;
  readonly driver: RootDriver;
  readonly record: RecordEvent;
  /** Layers of an image that the container has mounted. */
  readonly layersAt: (containerId: string, target: string) => readonly Digest[];
}

/**
 * Makes what a container has mounted appear on the machine: volumes mounted and filled, images mounted, directories made.
 * Its root is mounted, and nothing runs in it. {@link releaseMounts} takes it all away again, whatever has come of it.
 *
 * @returns what the runtime is to mount
 */
export async function prepareMounts(
  { id, spec }: Container,
  paths: ContainerPaths,
  deps: MountDeps,
): Promise<RuntimeMount[]> {
  if (spec.mounts.length === 0) return [];
  mkdirSync(paths.mounts, { recursive: true, mode: 0o700 });
  const uses = new Map(deps.volumes.uses(id).map((use) => [use.target, use]));
  const result: RuntimeMount[] = [];
  for (const [index, mount] of spec.mounts.entries()) {
    if (mount.type === 'tmpfs') {
      result.push(tmpfsMount(mount.target, mount.options ?? ''));
      continue;
    }
    const source = await sourceOf(mount, { id, paths, deps, use: uses.get(mount.target) });
    const { subpath } = mount;
    const seen =
      subpath === undefined ? source : bindSubpath(source, subpath, join(paths.mounts, `${index}-part`));
    const place = bindMount(seen, mount, canBeReadOnlyBelow());
    result.push(place);
    if (mount.type === 'volume') deps.record(volumeMounted(id, mount));
  }
  return result;
}

async function sourceOf(
  mount: ContainerMount,
  {
    id,
    paths,
    deps,
    use,
  }: { id: string; paths: ContainerPaths; deps: MountDeps; use: VolumeUse | undefined },
): Promise<string> {
  const { type, name, source, target } = mount;
  if (type === 'bind') {
    if (mount.makeSource === true) makeSource(source);
    else if (!existsSync(source)) {
      throw new LamellaError(
        'invalid',
        `invalid mount config for type "bind": bind source path does not exist: ${source}`,
        { code: 'mount-invalid' },
      );
    }
    await checkPropagation(mount);
    return source;
  }
  if (type === 'volume') {
    const open = (): ConfinedFolder | undefined => folderIn(paths.merged, target, use?.named ?? true);
    return await deps.volumes.use(id, { volume: name, target, fill: use?.fill ?? false }, open);
  }
  mkdirSync(source, { recursive: true });
  await deps.driver.mount({ diffIds: deps.layersAt(id, target), target: source });
  return source;
}

/**
 * The directory that a process in the container finds at that path: symlinks lead nowhere else (CVE-2022-23648).
 *
 * @throws LamellaError invalid `volume-over-file`
 */
function folderIn(root: string, path: string, named: boolean): ConfinedFolder | undefined {
  try {
    return folderOf(openInRoot(root, path));
  } catch (error) {
    if (!isLamellaError(error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined;
    if (error.code !== 'ENOTDIR') throw error;
    const file = join(root, path);
    throw new LamellaError(
      'invalid',
      named
        ? `source ${file} is not directory`
        : `cannot mount volume over existing file, file exists ${file}`,
      { code: 'volume-over-file' },
    );
  }
}

/** `-v` makes the directory it names, as Docker does. */
function makeSource(source: string): void {
  try {
    mkdirSync(source, { recursive: true });
  } catch (error) {
    // It is a file, which may be mounted just as well.
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

/** Mount attributes for whole trees: mount_setattr(2), Linux 5.12. */
function canBeReadOnlyBelow(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 12);
}

function volumeMounted(container: string, mount: ContainerMount): Parameters<RecordEvent>[0] {
  const attributes = {
    container,
    destination: mount.target,
    driver: 'local',
    propagation: mount.propagation,
    'read/write': String(!mount.readOnly),
  };
  return { type: 'volume', action: 'mount', actor: { id: mount.name, attributes } };
}

/** Takes away what {@link prepareMounts} has made for a container that does not run (any more), where it has. */
export async function releaseMounts(
  { id, mounts }: { id: string; mounts: readonly ContainerMount[] },
  paths: ContainerPaths,
  { volumes, driver, record }: Pick<MountDeps, 'volumes' | 'driver' | 'record'>,
): Promise<void> {
  const names = namesIn(paths.mounts);
  if (names === undefined) return;
  // Parts of what is mounted go before the whole.
  for (const name of names.sort().reverse()) {
    const target = join(paths.mounts, name);
    if (name.endsWith('-part')) unmountPart(target);
    else await driver.unmount({ target });
    removeEmpty(target);
  }
  await volumes.release(id);
  for (const { type, name } of mounts) {
    if (type !== 'volume') continue;
    const attributes = { container: id, driver: 'local' };
    record({ type: 'volume', action: 'unmount', actor: { id: name, attributes } });
  }
  rmdirSync(paths.mounts);
}

function unmountPart(target: string): void {
  try {
    umount(target, { flags: MNT_DETACH });
  } catch (error) {
    if (!isLamellaError(error) || error.code !== 'EINVAL') throw error;
  }
}

/** Never recursively: what was mounted there is not ours to delete. */
function removeEmpty(target: string): void {
  try {
    rmdirSync(target);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOTDIR') throw error;
    unlinkSync(target);
  }
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
