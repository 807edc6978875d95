import { LamellaError } from '../base/errors.ts';
import { type Digest, digestHex } from '../oci/digest.ts';
import { familiarReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { ImageContext } from './context.ts';
import { findImage } from './find-image.ts';
import { readImage } from './image-record.ts';
import { familiarText, type ImageName, isSingleReference, nameOf, namesOf } from './names.ts';
import type { Mover } from './operations.ts';
import { childrenOf, containerUsing, ownLayers } from './usage.ts';

/** What a removal did, in the order in which Docker prints it. */
export type RemovalLine = { readonly untagged: string } | { readonly deleted: Digest };

export interface Removal {
  readonly lines: RemovalLine[];
  /** Bytes of the files in the layers that went, as Docker counts space reclaimed. */
  reclaimed: number;
}

export interface RemoveOptions {
  readonly force?: boolean;
  /** Keeps parents that have no name, which go otherwise. */
  readonly noPrune?: boolean;
}

/**
 * `docker rmi`, rule for rule (moby daemon/images/image_delete.go): a name is untagged, and the image behind it goes with
 * its last name; an ID takes its names along, if they are of one repository. Runs inside an operation.
 *
 * @throws LamellaError not-found `image-not-found`, conflict `image-in-use`
 */
export function removeImage(
  context: ImageContext,
  mover: Mover,
  text: string,
  options: RemoveOptions = {},
): Removal {
  const { db } = context;
  const { force = false, noPrune = false } = options;
  const image = findImage(db, text);
  if (image.removedAt !== undefined) {
    throw new LamellaError('not-found', `No such image: ${text}`, {
      code: 'image-not-found',
      hint: 'It has been removed already.',
    });
  }
  const removal: Removal = { lines: [], reclaimed: 0 };
  const names = namesOf(db, image.id);
  let quiet = false;
  if (meansId(image.id, text)) {
    if (isSingleReference(names)) {
      const conflict = findConflict(context, image.id, { soft: !force, ignoreNames: true });
      if (conflict !== undefined) throw conflict.error;
      untagAll(mover, names, removal);
    }
  } else {
    const using = !force && isSingleReference(names) ? containerUsing(db, image.id, 'any') : undefined;
    if (using !== undefined) throw referenceInUse(text, using, image.id);
    if (untagName(context, mover, image.id, text, removal)) return removal;
    quiet = true;
  }
  removeWithParents(context, mover, image.id, { force, prune: !noPrune, quiet }, removal);
  return removal;
}

function meansId(id: Digest, text: string): boolean {
  return id.startsWith(text) || digestHex(id).startsWith(text) || text.includes('@{');
}

/**
 * Takes one name off. Digest references of a repository go with its last tag: they came with it.
 *
 * @returns whether other names are left, which keep the image
 */
function untagName(context: ImageContext, mover: Mover, id: Digest, text: string, removal: Removal): boolean {
  const reference = withDefaultTag(parseReference(text));
  const name = nameOf(reference);
  mover.point(name, undefined);
  removal.lines.push({ untagged: familiarReference(reference) });
  const left = namesOf(context.db, id);
  const sameRepository = left.filter(({ repository }) => repository === name.repository);
  const onlyDigests = name.digest === undefined && sameRepository.every(({ digest }) => digest !== undefined);
  if (!onlyDigests) return left.length > 0;
  untagAll(mover, sameRepository, removal);
  return left.length > sameRepository.length;
}

function untagAll(mover: Mover, names: readonly ImageName[], removal: Removal): void {
  for (const name of names) {
    mover.point(name, undefined);
    removal.lines.push({ untagged: familiarText(name.text) });
  }
}

/** Removes the image, then its parent, and that one's, while nothing else needs them. */
function removeWithParents(
  context: ImageContext,
  mover: Mover,
  first: Digest,
  options: { force: boolean; prune: boolean; quiet: boolean },
  removal: Removal,
): void {
  const { db } = context;
  let { force, quiet } = options;
  for (let id: Digest | undefined = first; id !== undefined;) {
    const conflict = findConflict(context, id, { soft: !force, ignoreNames: false });
    if (conflict !== undefined) {
      const dangling = namesOf(db, id).length === 0 && childrenOf(db, id).length === 0;
      if (quiet && (!dangling || conflict.used)) return;
      throw conflict.error;
    }
    const parent: Digest | undefined = readImage(db, id)?.parentId;
    untagAll(mover, namesOf(db, id), removal);
    removal.lines.push({ deleted: id });
    mover.leave(id);
    for (const { chainId, size } of ownLayers(db, id)) {
      removal.lines.push({ deleted: chainId });
      removal.reclaimed += size;
    }
    force = false;
    quiet = true;
    id = options.prune ? parent : undefined;
  }
}

/** Why the image cannot go. Soft conflicts are those that force overrules; `used` is by a container. */
function findConflict(
  { db }: ImageContext,
  id: Digest,
  { soft, ignoreNames }: { soft: boolean; ignoreNames: boolean },
): { used: boolean; error: LamellaError } | undefined {
  if (childrenOf(db, id).length > 0) return conflict(id, 'hard', false, 'image has dependent child images');
  const running = containerUsing(db, id, 'running');
  if (running !== undefined) {
    return conflict(id, 'hard', true, `image is being used by running container ${running.slice(0, 12)}`);
  }
  if (!soft) return undefined;
  if (!ignoreNames && namesOf(db, id).length > 0) {
    return conflict(id, 'soft', false, 'image is referenced in multiple repositories');
  }
  const stopped = containerUsing(db, id, 'stopped');
  if (stopped === undefined) return undefined;
  return conflict(id, 'soft', true, `image is being used by stopped container ${stopped.slice(0, 12)}`);
}

function conflict(
  id: Digest,
  kind: 'hard' | 'soft',
  used: boolean,
  why: string,
): { used: boolean; error: LamellaError } {
  const forcing = kind === 'hard' ? 'cannot be forced' : 'must be forced';
  const message = `conflict: unable to delete ${digestHex(id).slice(0, 12)} (${forcing}) - ${why}`;
  return { used, error: new LamellaError('conflict', message, { code: 'image-in-use' }) };
}

function referenceInUse(text: string, container: string, id: Digest): LamellaError {
  return new LamellaError(
    'conflict',
    `conflict: unable to remove repository reference "${text}" (must force) - ` +
      `container ${container.slice(0, 12)} is using its referenced image ${digestHex(id).slice(0, 12)}`,
    { code: 'image-in-use' },
  );
}
