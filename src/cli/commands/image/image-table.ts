import type { ImageSummary } from '../../../engine/ports/image-engine.ts';
import { goTime } from '../../output/local-time.ts';
import { shortId } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import type { TableDefinition } from '../../table/format-rows.ts';
import { humanDuration } from '../../../oci/human-duration.ts';
import { humanSize } from '../../table/units.ts';

/** A line of `images`: one name of an image, or the image where it has none. */
export interface ImageRow {
  readonly image: ImageSummary;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const nothing = '<none>';

/**
 * One row for each name, as Docker's client makes them.
 *
 * @param digests a row for each digest too
 */
export function imageRows(images: readonly ImageSummary[], { digests }: { digests: boolean }): ImageRow[] {
  return images.flatMap((image) => rowsOf(image, digests));
}

function rowsOf(image: ImageSummary, digests: boolean): ImageRow[] {
  const row = (repository: string, tag: string, digest: string): ImageRow => ({
    image,
    repository,
    tag,
    digest,
  });
  if (image.RepoTags.length === 0 && image.RepoDigests.length === 0) return [row(nothing, nothing, nothing)];
  const byRepository = Map.groupBy(image.RepoDigests, (name) => name.slice(0, name.indexOf('@')));
  const digestsOf = (repository: string): string[] =>
    (byRepository.get(repository) ?? []).map((name) => name.slice(name.indexOf('@') + 1));
  const tagged = new Set<string>();
  const rows = image.RepoTags.flatMap((name) => {
    const colon = name.lastIndexOf(':');
    const [repository, tag] = [name.slice(0, colon), name.slice(colon + 1)];
    tagged.add(repository);
    const known = digests ? digestsOf(repository) : [];
    return (known.length === 0 ? [nothing] : known).map((digest) => row(repository, tag, digest));
  });
  const others = [...byRepository.keys()].filter((repository) => !tagged.has(repository));
  return [
    ...rows,
    ...others.flatMap((repository) =>
      digests
        ? digestsOf(repository).map((digest) => row(repository, nothing, digest))
        : [row(repository, nothing, '')],
    ),
  ];
}

/** What `images --format` can name (docker/cli formatter.imageContext). */
export function imageTable({
  now,
  noTruncate,
}: {
  /** Milliseconds since 1970. */
  now: number;
  noTruncate: boolean;
}): TableDefinition<ImageRow> {
  const size = (bytes: number): string => (bytes === -1 ? 'N/A' : humanSize(bytes));
  return {
    goType: '*formatter.imageContext',
    columns: [
      {
        name: 'ID',
        header: 'IMAGE ID',
        value: ({ image }) => (noTruncate ? image.Id : shortId(image.Id)),
      },
      { name: 'Repository', header: 'REPOSITORY', value: ({ repository }) => escapeControl(repository) },
      { name: 'Tag', header: 'TAG', value: ({ tag }) => escapeControl(tag) },
      { name: 'Digest', header: 'DIGEST', value: ({ digest }) => digest },
      {
        name: 'CreatedSince',
        header: 'CREATED',
        value: ({ image }) => (image.Created <= 0 ? '' : `${humanDuration(now - image.Created * 1000)} ago`),
      },
      { name: 'CreatedAt', header: 'CREATED AT', value: ({ image }) => goTime(image.Created) },
      { name: 'Size', header: 'SIZE', value: ({ image }) => humanSize(image.Size, 3) },
      {
        name: 'Containers',
        header: 'CONTAINERS',
        value: ({ image }) => (image.Containers === -1 ? 'N/A' : String(image.Containers)),
      },
      { name: 'VirtualSize', header: 'SIZE', value: ({ image }) => humanSize(image.Size) },
      { name: 'SharedSize', header: 'SHARED SIZE', value: ({ image }) => size(image.SharedSize) },
      {
        name: 'UniqueSize',
        header: 'UNIQUE SIZE',
        value: ({ image }) => (image.SharedSize === -1 ? 'N/A' : humanSize(image.Size - image.SharedSize)),
      },
    ],
  };
}

/** The columns of a plain `images`. */
export function imageTableFormat(digests: boolean): string {
  const digest = digests ? '\t{{.Digest}}' : '';
  return `table {{.Repository}}\t{{.Tag}}${digest}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}`;
}
