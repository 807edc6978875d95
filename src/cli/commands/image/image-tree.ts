import type { ImageSummary } from '../../../engine/ports/image-engine.ts';
import { alignColumns } from '../../table/columns.ts';
import { shortId } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { humanDuration } from '../../../oci/human-duration.ts';
import { humanSize } from '../../table/units.ts';

/** Images under the images that they were made from; what has neither name nor children is left out. */
export function formatImageTree(images: readonly ImageSummary[], { now }: { now: number }): string {
  const known = new Set(images.map(({ Id }) => Id));
  const children = Map.groupBy(images, ({ ParentId }) => (known.has(ParentId) ? ParentId : ''));
  const lines = ['IMAGE\tID\tCREATED\tSIZE\tADDED'];
  const visit = (
    image: ImageSummary,
    lead: string,
    branch: string,
    parent: ImageSummary | undefined,
  ): void => {
    const names = image.RepoTags.length > 0 ? image.RepoTags : ['<none>'];
    const created = image.Created <= 0 ? 'N/A' : `${humanDuration(now - image.Created * 1000)} ago`;
    const added = parent === undefined ? '' : `+${humanSize(Math.max(0, image.Size - parent.Size), 3)}`;
    const name = escapeControl(names.join(', '));
    lines.push(
      [`${lead}${branch}${name}`, shortId(image.Id), created, humanSize(image.Size, 3), added].join('\t'),
    );
    const below = children.get(image.Id) ?? [];
    const inner = branch === '' ? '' : lead + (branch.startsWith('└') ? '   ' : '│  ');
    for (const [index, child] of below.entries()) {
      visit(child, inner, index === below.length - 1 ? '└─ ' : '├─ ', image);
    }
  };
  for (const image of children.get('') ?? []) {
    if (image.RepoTags.length > 0 || children.has(image.Id)) visit(image, '', '', undefined);
  }
  const text = alignColumns(lines.join('\n'));
  return `${text.replace(/ +$/gm, '')}\n`;
}
