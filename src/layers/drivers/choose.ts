import { mkdir, mkdtemp, rmdir, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { LamellaError, messageOf } from '../../base/errors.ts';
import { createIngest } from '../../blobs/ingest.ts';
import { LayerTree } from '../../erofs/layer-tree.ts';
import { writeErofs } from '../../erofs/writer.ts';
import { isInUserNamespace } from '../../linux/user-namespace.ts';
import { pathsIn } from '../layer-paths.ts';
import type { DriverName, LayerDriver } from './driver.ts';
import { createErofsDriver } from './erofs-driver.ts';
import { mountErofs, unmountIfMounted, type ErofsBacking } from './layer-mounts.ts';
import type { DriverDeps } from './mounting.ts';
import { createOverlayDriver } from './overlay-driver.ts';
import { mountOverlay } from './overlay-mount.ts';

export interface ChosenDriver {
  readonly driver: LayerDriver;
  /** Why this one, as a sentence. */
  readonly reason: string;
  /** Those that were preferred and do not work here, and why. */
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
}

interface Candidate {
  readonly name: DriverName;
  readonly label: string;
  readonly reason: string;
  readonly probe: (folder: string, deps: DriverDeps) => Promise<void>;
  readonly create: (deps: DriverDeps) => LayerDriver;
}

const candidates: readonly Candidate[] = [
  erofs('file', 'erofs', 'the kernel mounts layers straight from their files'),
  erofs('loop', 'erofs (loop devices)', 'the kernel mounts layers through loop devices'),
  {
    name: 'overlay',
    label: 'overlay',
    reason: 'layers are unpacked into directories',
    probe: (folder, deps) => probeOverlay(folder, [join(folder, 'lower')], deps),
    create: (deps) => createOverlayDriver(deps),
  },
];

/**
 * The best driver that works here, found out by mounting a tiny layer on the file system of the store: what a kernel's
 * version promises, a container around it or a security module may forbid. Takes some milliseconds.
 *
 * @param requested a driver's name, to have that one or an error
 * @throws LamellaError unsupported `driver-unsupported`; invalid `driver-unknown`; forbidden `driver-needs-root`
 */
export async function chooseDriver(deps: DriverDeps, requested?: string): Promise<ChosenDriver> {
  const wanted = candidates.filter(({ name }) => requested === undefined || name === requested);
  if (wanted.length === 0) {
    throw new LamellaError('invalid', `unknown storage driver: ${requested}`, {
      code: 'driver-unknown',
      hint: 'The drivers are erofs and overlay.',
    });
  }
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) throw notPrivileged();
  const rejected: { name: string; reason: string }[] = [];
  const isRootless = isInUserNamespace();
  for (const { name, label, reason, probe, create } of wanted) {
    const failure =
      isRootless && name === 'erofs'
        ? 'only the root of the machine may mount EROFS'
        : await attempt(probe, deps);
    if (failure === undefined) {
      const chosen = requested === undefined ? reason : `${reason}, as asked for`;
      return { driver: create(deps), reason: `${chosen} (Linux ${release()})`, rejected };
    }
    rejected.push({ name: label === name ? name : label, reason: failure });
  }
  throw new LamellaError('unsupported', `no storage driver works here: ${rejected.map(textOf).join('; ')}`, {
    code: 'driver-unsupported',
    hint: 'Images can be handled all the same; only running containers needs a driver.',
  });
}

function textOf({ name, reason }: { name: string; reason: string }): string {
  return `${name}: ${reason}`;
}

function notPrivileged(): LamellaError {
  const reason = process.platform === 'linux' ? 'mounting layers needs root' : 'mounting layers needs Linux';
  return new LamellaError('forbidden', reason, {
    code: 'driver-needs-root',
    hint: 'Everything but running containers works without it.',
  });
}

/** Why the probe failed, or undefined where it did not. */
async function attempt(probe: Candidate['probe'], deps: DriverDeps): Promise<string | undefined> {
  await mkdir(deps.runDir, { recursive: true, mode: 0o700 });
  await using ingest = await createIngest(deps.root);
  try {
    await probe(ingest.path, deps);
    return undefined;
  } catch (error) {
    return messageOf(error).replaceAll(ingest.path, 'a test layer');
  }
}

function erofs(backing: ErofsBacking, label: string, reason: string): Candidate {
  return {
    name: 'erofs',
    label,
    reason,
    create: (deps) => createErofsDriver(deps, { backing }),
    async probe(folder, deps) {
      const paths = pathsIn(folder);
      const tar = Buffer.alloc(1024);
      const index = writeErofs(new LayerTree().finish(), {
        tarSize: tar.byteLength,
        readTar: (offset, length) => tar.subarray(offset, offset + length),
      });
      await writeFile(paths.tar, tar);
      await writeFile(paths.index, Buffer.concat([...index]));
      await withMountPoint(deps, async (lower) => {
        mountErofs(paths, lower, backing);
        await probeOverlay(folder, [lower], deps);
      });
    },
  };
}

/** Also on top of a layer overlayfs may refuse: file systems stack only so high, and not all can be an upper. */
async function probeOverlay(folder: string, lowers: readonly string[], deps: DriverDeps): Promise<void> {
  const upper = join(folder, 'upper');
  const work = join(folder, 'work');
  for (const path of [...lowers, upper, work]) await mkdir(path, { recursive: true });
  await withMountPoint(deps, async (target) => {
    mountOverlay({ lowers, upper, work, target, readOnly: false, volatile: true, scratch: deps.runDir });
    await writeFile(join(target, 'probe'), '');
  });
}

/** Outside of the store: were the process killed here, nothing mounted would stand in the way of the store's clean-up. */
async function withMountPoint({ runDir }: DriverDeps, use: (target: string) => Promise<void>): Promise<void> {
  const target = await mkdtemp(join(runDir, 'probe-'));
  try {
    await use(target);
  } finally {
    unmountIfMounted(target);
    await rmdir(target);
  }
}
