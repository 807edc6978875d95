import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isLamellaError, LamellaError } from '../../base/errors.ts';
import { mount, MS_RDONLY } from '../../linux/mount.ts';
import {
  FSCONFIG_STRING_MAX,
  mountNew,
  MOUNT_ATTR_RDONLY,
  type MountParameter,
} from '../../linux/new-mount.ts';
import { isInUserNamespace } from '../../linux/user-namespace.ts';

/** OVL_MAX_STACK (fs/overlayfs/params.h). */
const maxLowers = 500;

export interface OverlayMount {
  /** Directories, the top one first. */
  readonly lowers: readonly string[];
  readonly upper: string | undefined;
  readonly work: string | undefined;
  readonly target: string;
  readonly readOnly: boolean;
  readonly volatile: boolean;
  /** A directory of ours for short-lived files; its `empty` is used where overlayfs wants more lowers than there are. */
  readonly scratch: string;
}

/**
 * Mounts overlayfs. Redirects and metadata-only copies are off, so that the upper directory holds whole files under
 * their own names and a commit needs nothing else; `index=off` lets the upper directory move and the lowers change place.
 */
export function mountOverlay(overlay: OverlayMount): void {
  const lowers = enoughLowers(overlay);
  if (lowers.length > maxLowers) {
    throw new LamellaError('unsupported', `mount ${overlay.target}: max depth exceeded`, {
      code: 'too-many-layers',
      hint: `The kernel joins at most ${maxLowers} layers, and this image has ${lowers.length}.`,
    });
  }
  if (overlay.volatile && overlay.work !== undefined) {
    // The mark of an earlier volatile mount, which the kernel takes for a reason not to mount again.
    rmSync(join(overlay.work, 'work', 'incompat'), { recursive: true, force: true });
  }
  try {
    mountByParameters(overlay, lowers);
  } catch (error) {
    // Before Linux 6.7 there is no lowerdir+.
    const isOld = isLamellaError(error) && (error.code === 'ENOSYS' || /lowerdir\+/.test(error.message));
    if (!isOld) throw error;
    mountByOptions(overlay, lowers);
  }
}

/** overlayfs wants one lower, and two where nothing can be written. */
function enoughLowers({ lowers, upper, scratch }: OverlayMount): readonly string[] {
  const wanted = upper === undefined ? 2 : 1;
  const filled = [...lowers];
  for (let index = 0; filled.length < wanted; index += 1) {
    const empty = join(scratch, `empty${index}`);
    mkdirSync(empty, { recursive: true, mode: 0o755 });
    filled.push(empty);
  }
  return filled;
}

/** In a user namespace overlayfs may use no attributes of the machine's root: its marks are `user.overlay.` then (Linux 5.11). */
const commonFlags = (volatile: boolean): readonly MountParameter[] => [
  ...(isInUserNamespace() ? [['userxattr'] as const] : []),
  ['index', 'off'],
  ['metacopy', 'off'],
  ['redirect_dir', 'nofollow'],
  ...(volatile ? [['volatile'] as const] : []),
];

function mountByParameters(overlay: OverlayMount, lowers: readonly string[]): void {
  using names = shortNames();
  const { upper, work, target } = overlay;
  mountNew({
    type: 'overlay',
    target,
    attributes: overlay.readOnly ? MOUNT_ATTR_RDONLY : 0,
    parameters: [
      ['source', 'overlay'],
      ...lowers.map((lower) => ['lowerdir+', names.of(lower)] as const),
      ...(upper === undefined ? [] : [['upperdir', names.of(upper)] as const]),
      ...(work === undefined ? [] : [['workdir', names.of(work)] as const]),
      ...commonFlags(overlay.volatile),
    ],
  });
}

/** Names that the kernel takes as they are: strings of fsconfig(2) are short, and `\` has a meaning of its own in them. */
function shortNames(): Disposable & { of(path: string): string } {
  const open: number[] = [];
  return {
    of(path) {
      if (Buffer.byteLength(path) < FSCONFIG_STRING_MAX && !/[\\,:]/.test(path)) return path;
      const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
      open.push(fd);
      return `/proc/self/fd/${fd}`;
    },
    [Symbol.dispose]: () => open.forEach((fd) => closeSync(fd)),
  };
}

/**
 * mount(2) takes one page of options: symlinks of one or two characters stand for the paths, reached through the
 * descriptor of their directory. That makes room for about 190 layers.
 */
export function mountByOptions(overlay: OverlayMount, lowers: readonly string[]): void {
  const links = mkdtempSync(join(overlay.scratch, 'names-'));
  const fd = openSync(links, constants.O_RDONLY | constants.O_DIRECTORY);
  let made = 0;
  const short = (path: string): string => {
    const name = (made++).toString(36);
    symlinkSync(path, join(links, name));
    return `/proc/self/fd/${fd}/${name}`;
  };
  try {
    const { upper, work, target, readOnly } = overlay;
    const options = [
      `lowerdir=${lowers.map((lower) => short(lower)).join(':')}`,
      ...(upper === undefined ? [] : [`upperdir=${short(upper)}`]),
      ...(work === undefined ? [] : [`workdir=${short(work)}`]),
      ...commonFlags(overlay.volatile).map((parameter) => parameter.join('=')),
    ];
    const data = options.join(',');
    if (data.length > 4095) {
      throw new LamellaError('unsupported', `mount ${target}: max depth exceeded`, {
        code: 'too-many-layers',
        hint: `An image of ${lowers.length} layers needs Linux 6.7 or newer.`,
      });
    }
    mount({ source: 'overlay', target, type: 'overlay', flags: readOnly ? MS_RDONLY : 0, data });
  } finally {
    closeSync(fd);
    rmSync(links, { recursive: true });
  }
}
