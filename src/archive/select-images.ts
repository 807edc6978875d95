import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { familiarName, familiarReference, parseReference, type Reference } from '../oci/reference.ts';
import type { ArchiveDeps } from './ports.ts';

/** An image to be saved, with the tags it is to have in the archive. */
export interface SelectedImage {
  readonly id: Digest;
  readonly tags: readonly Reference[];
}

/**
 * What `docker save` understands by its arguments: a name with a tag is that tag; a repository without one stands for
 * all its tags; an ID or a digest is the image without any name. An image that several arguments mean is saved once.
 *
 * @throws LamellaError not-found `image-not-found`, invalid `reference-invalid`
 */
export function selectImages(
  images: Pick<ArchiveDeps['images'], 'find' | 'list'>,
  arguments_: readonly string[],
): SelectedImage[] {
  const selected = new Map<Digest, Map<string, Reference>>();
  const select = (id: Digest, tag?: Reference): void => {
    const tags = selected.get(id) ?? new Map<string, Reference>();
    if (tag) tags.set(familiarReference(tag), tag);
    selected.set(id, tags);
  };
  for (const text of arguments_) {
    const repository = repositoryOf(text);
    const tags = repository === undefined ? [] : tagsOf(images, repository);
    for (const { id, tag } of tags) select(id, tag);
    if (tags.length > 0) continue;
    const id = findId(images, text);
    select(id, tagOf(text, id, images));
  }
  return [...selected].map(([id, tags]) => ({ id, tags: [...tags.values()] }));
}

/** @throws LamellaError not-found, in the words that Docker has for `save` */
function findId(images: Pick<ArchiveDeps['images'], 'find'>, text: string): Digest {
  try {
    return images.find(text).id;
  } catch (cause) {
    if (!isLamellaError(cause, 'not-found') || cause.code !== 'image-not-found' || text.includes('@{'))
      throw cause;
    const message = tryParse(text)?.tag === undefined ? `No such image: ${text}` : 'reference does not exist';
    throw new LamellaError('not-found', message, { code: 'image-not-found', cause });
  }
}

/** The reference of a text that names a repository and nothing more. */
function repositoryOf(text: string): Reference | undefined {
  const reference = tryParse(text);
  return reference?.tag === undefined && reference?.digest === undefined ? reference : undefined;
}

function tagsOf(
  images: Pick<ArchiveDeps['images'], 'list'>,
  repository: Reference,
): { id: Digest; tag: Reference }[] {
  const start = `${familiarName(repository)}:`;
  return images
    .list({ all: true })
    .flatMap(({ id, repoTags }) => repoTags.map((name) => ({ id, name })))
    .filter(({ name }) => name.startsWith(start) && !name.slice(start.length).includes('/'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ id, name }) => ({ id, tag: parseReference(name) }));
}

/** The tag that the text is, unless it is an ID that happens to look like one, or a digest. */
function tagOf(text: string, id: Digest, images: Pick<ArchiveDeps['images'], 'list'>): Reference | undefined {
  const reference = tryParse(text);
  if (reference?.tag === undefined || reference.digest !== undefined) return undefined;
  const name = familiarReference(reference);
  const named = images.list({ all: true }).find(({ repoTags }) => repoTags.includes(name));
  return named?.id === id ? reference : undefined;
}

/** An ID is no reference, nor is `NAME@{1}`. */
function tryParse(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}
