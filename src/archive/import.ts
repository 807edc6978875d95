import { LamellaError } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import { assertTaggable } from '../images/names.ts';
import { applyChanges } from '../dockerfile/changes/apply-changes.ts';
import { type Digest, digestHex } from '../oci/digest.ts';
import { formatGoTime, type GoTime, goNow } from '../oci/go-time.ts';
import { formatImageConfig } from '../oci/image-config.ts';
import { hostPlatform, type Platform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import type { ArchiveDeps, ArchiveOptions } from './ports.ts';

export interface ImportOptions extends ArchiveOptions {
  /** What the image is to be called; `latest` where it has no tag. */
  readonly reference?: Reference | undefined;
  /** Dockerfile instructions, see {@link applyChanges}. */
  readonly changes?: readonly string[];
  /** Docker's `Imported from -` by default. */
  readonly message?: string;
  readonly platform?: Platform | undefined;
  /** What the default message names: `-`, or a URL. */
  readonly source?: string;
  /** The image's age; the present time by default. */
  readonly created?: GoTime;
}

/**
 * Makes an image out of a root file system: a tar, compressed in any way, becomes its only layer just as it is.
 *
 * @returns the image's ID
 * @throws LamellaError invalid `instruction-invalid`, `import-digest-reference`; what {@link LayerStore.stage} throws
 */
export async function importImage(
  deps: ArchiveDeps,
  content: ByteStream,
  options: ImportOptions = {},
): Promise<Digest> {
  const {
    reference,
    changes = [],
    platform = hostPlatform(),
    created = goNow(),
    signal,
    onProgress,
  } = options;
  // All that can be wrong with the request is found out before the first byte is taken.
  if (reference?.digest !== undefined) {
    throw new LamellaError('invalid', 'cannot import digest reference', { code: 'import-digest-reference' });
  }
  if (reference !== undefined) assertTaggable(reference);
  if (platform.os !== 'linux') {
    throw new LamellaError('invalid', 'operating system is not supported', { code: 'platform-unsupported' });
  }
  const config = applyChanges({}, changes);

  using lease = deps.createLease();
  await using staged = await deps.layers.stage(content, {
    signal,
    onProgress: (current) => onProgress?.({ id: '', status: 'Importing', current }),
  });
  lease.add(staged.diffId);
  const time = formatGoTime(created);
  const comment = options.message || `Imported from ${options.source ?? '-'}`;
  const bytes = formatImageConfig({
    ...platform,
    comment,
    config,
    created: time,
    diffIds: [staged.diffId],
    history: [{ created: time, comment }],
  });
  deps.layers.publishAll([staged]);
  onProgress?.({ id: digestHex(staged.diffId).slice(0, 12), status: 'Importing', current: staged.tarSize });
  const { id } = await deps.images.add({ config: bytes, ...(reference && { names: [reference] }) }, 'import');
  return id;
}
