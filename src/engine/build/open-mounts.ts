import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing, removeTree } from '../../base/files.ts';
import type { LayersPart, RunMount } from '../../build/request.ts';
import { currentOwner, isOwnerAlive } from '../../db/process-owner.ts';
import { readMountTable } from '../../linux/mount-table.ts';
import { MNT_DETACH, mount, MS_NODEV, MS_NOSUID, umount } from '../../linux/mount.ts';
import type { MountRequest } from '../../runtime/host-config.ts';
import { bindSubpath } from '../../runtime/mounts/bind-subpath.ts';
import type { RootDriver } from '../../runtime/root-file-system.ts';
import { proxyAgent } from './agent-proxy.ts';
import { openCacheFolder } from './cache-folder.ts';

/** What a step's container is to have mounted, ready on the machine; disposing takes it away again. */
export interface OpenMounts extends AsyncDisposable {
  readonly mounts: readonly MountRequest[];
  /** By target, options. */
  readonly tmpfs: Readonly<Record<string, string>>;
}

interface Folders {
  readonly root: string;
  readonly run: string;
}

/**
 * Gets the mounts of a RUN ready, in two folders of the step's own: in `<run>/builds/<name>` is what is mounted, and a tmpfs
 * for secrets; in `<root>/builds/<name>` what is written to a bind and then thrown away. Both name their owner, so that
 * {@link collectBuildFolders} finds those whose build has died.
 */
export async function openMounts(
  mounts: readonly RunMount[],
  {
    folders,
    driver,
    signal,
  }: {
    folders: Folders;
    driver: () => Promise<RootDriver>;
    signal?: AbortSignal | undefined;
  },
): Promise<OpenMounts> {
  if (mounts.length === 0) return { mounts: [], tmpfs: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  const name = randomBytes(8).toString('hex');
  const places = [join(folders.run, 'builds', name), join(folders.root, 'builds', name)] as const;
  await using undo = new AsyncDisposableStack();
  for (const place of places) {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    writeFileSync(join(place, 'owner'), currentOwner());
  }
  undo.defer(() => removeBuildFolder(folders, name));
  const [mounted, scratch] = places;
  let files: string | undefined;

  async function layers(
    part: LayersPart,
    index: number,
    upper?: { data: string; work: string },
  ): Promise<string> {
    const whole = join(mounted, String(index));
    mkdirSync(whole);
    if (upper !== undefined) await removeTree(upper.work);
    for (const folder of upper === undefined ? [] : [upper.data, upper.work]) {
      mkdirSync(folder, { recursive: true });
    }
    await (
      await driver()
    ).mount({
      diffIds: part.diffIds,
      target: whole,
      ...(upper === undefined ? {} : { upper: upper.data, work: upper.work, volatile: true }),
    });
    return part.source === '' ? whole : bindSubpath(whole, part.source, join(mounted, `${index}-part`));
  }

  function file(index: number, content: Uint8Array, owned: Owned): string {
    if (files === undefined) {
      files = join(mounted, 'files');
      mkdirSync(files, { mode: 0o700 });
      mount({ source: 'tmpfs', target: files, type: 'tmpfs', flags: MS_NOSUID | MS_NODEV, data: 'mode=700' });
    }
    const path = join(files, String(index));
    writeFileSync(path, content, { mode: 0o600 });
    return own(path, owned);
  }

  async function sourceOf(each: Exclude<RunMount, { kind: 'tmpfs' }>, index: number): Promise<string> {
    switch (each.kind) {
      case 'layers': {
        const upper = { data: join(scratch, `${index}-upper`), work: join(scratch, `${index}-work`) };
        return await layers(each, index, each.readOnly ? undefined : upper);
      }
      case 'cache': {
        const cache = undo.use(await openCacheFolder(folders.root, each, { signal }));
        return each.seed === undefined ? cache.data : await layers(each.seed, index, cache);
      }
      case 'file':
        return file(index, each.content, each);
      default: {
        const path = join(mounted, `${index}.sock`);
        undo.use(await proxyAgent(each.socket, path));
        return own(path, each);
      }
    }
  }

  const requests: MountRequest[] = [];
  const tmpfs: Record<string, string> = {};
  for (const [index, each] of mounts.entries()) {
    if (each.kind === 'tmpfs') {
      const size = each.size === undefined ? '' : `,size=${each.size}`;
      tmpfs[each.target] = `${each.readOnly ? 'ro' : 'rw'},exec,dev${size}`;
      continue;
    }
    const ReadOnly = 'readOnly' in each ? each.readOnly : each.kind === 'file';
    requests.push({ Type: 'bind', Source: await sourceOf(each, index), Target: each.target, ReadOnly });
  }
  const opened = undo.move();
  return { mounts: requests, tmpfs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

type Owned = Pick<Extract<RunMount, { kind: 'file' }>, 'mode' | 'uid' | 'gid'>;

function own(path: string, { mode, uid, gid }: Owned): string {
  chownSync(path, uid, gid);
  chmodSync(path, mode);
  return path;
}

/** Takes away what is mounted for a step, and only then the folders. */
async function removeBuildFolder(folders: Folders, name: string): Promise<void> {
  const mounted = join(folders.run, 'builds', name);
  const targets = (await readMountTable())
    .map(({ target }) => target)
    .filter((target) => target.startsWith(`${mounted}/`));
  for (const target of targets.reverse()) umount(target, { flags: MNT_DETACH });
  await removeTree(mounted);
  await removeTree(join(folders.root, 'builds', name));
}

/** Removes what builds that died have left. Their containers are gone already. */
export async function collectBuildFolders(folders: Folders): Promise<void> {
  for (const folder of [folders.run, folders.root]) {
    const all = join(folder, 'builds');
    for (const name of (await unlessMissing(readdir(all))) ?? []) {
      const owner = join(all, name, 'owner');
      if (existsSync(owner) && isOwnerAlive(readFileSync(owner, 'utf8'))) continue;
      // One that is just being made has no owner yet, but nothing in it either.
      if (!existsSync(owner) && readdirSync(join(all, name)).length === 0) continue;
      await removeBuildFolder(folders, name);
    }
  }
}

/** Whether there may be something to collect. */
export function hasBuildFolders(folders: Folders): boolean {
  return [folders.run, folders.root].some((folder) => existsSync(join(folder, 'builds')));
}
