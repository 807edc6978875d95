import { isLamellaError, LamellaError } from '../../base/errors.ts';
import type { PulledImage, PullPlan } from '../../engine/ports/registry-engine.ts';
import { formatPlatform, matchPlatform, parsePlatform } from '../../oci/platform.ts';
import {
  familiarName,
  formatReference,
  parseReference,
  repositoryName,
  withDefaultTag,
} from '../../oci/reference.ts';
import { BareError } from '../errors/cli-error.ts';
import type { Text } from '../languages/text.ts';
import type { CommandContext } from '../output/context.ts';
import { createTransferProgress } from '../progress/progress.ts';
import { humanSize } from '../table/units.ts';

const plan: Text = {
  en: 'Fetching %s; needs about %s on disk and %s files',
  zh: '需下载 %s；约占用磁盘 %s、%s 个文件',
};

const resumable: Text = {
  en: 'What was fetched is kept: the next pull goes on from there.',
  zh: '已下载的内容已保留，再次拉取时会从中断处继续。',
};

/** Pulls, and prints what Docker prints: the layers, the digest, whether it was newer, and the full name. */
export async function pull(
  context: CommandContext,
  name: string,
  options: {
    allTags?: boolean;
    platform?: string | undefined;
    quiet?: boolean;
    /** For a container that is to be made: standard output is the container's. */
    forContainer?: boolean;
  },
): Promise<void> {
  const { quiet = false, allTags = false, forContainer = false } = options;
  const { signal } = context.io;
  const stream = forContainer ? context.io.stderr : context.io.stdout;
  const print = async (line: string): Promise<void> => stream.write(`${line}\n`);
  const engine = await context.registry();
  using progress = createTransferProgress(context, { quiet, stream });
  let begun = false;
  const pulled = engine.pull(name, {
    allTags,
    platform: options.platform,
    signal,
    onProgress(event) {
      begun = true;
      progress.onProgress(event);
    },
    onPlan({ fetch, disk, inodes }: PullPlan) {
      progress.expect(fetch);
      if (fetch === 0 || !stream.isTerminal || quiet) return;
      const status = context.say(plan, humanSize(fetch), humanSize(disk), String(inodes));
      progress.onProgress({ id: '', status });
    },
  });
  const results: PulledImage[] = [];
  try {
    for await (const image of pulled) {
      progress[Symbol.dispose]();
      results.push(image);
      if (!quiet) await print(`Digest: ${image.digest}`);
    }
  } catch (error) {
    throw asDockerSays(context, error, begun);
  }
  const [first] = results;
  if (!quiet && first !== undefined) {
    const shown = allTags ? familiarName(parseReference(name)) : first.name;
    const isNewer = results.some((image) => image.isNewer);
    await print(`Status: ${isNewer ? 'Downloaded newer image' : 'Image is up to date'} for ${shown}`);
    if (options.platform !== undefined) await warnOfPlatform(context, first, options.platform, print);
  }
  if (!forContainer) await print(fullName(name, allTags));
}

/** What comes after the first line Docker prints bare; whoever stops a pull is told that nothing is lost. */
function asDockerSays(context: CommandContext, error: unknown, begun: boolean): unknown {
  if (context.io.signal.aborted) {
    return new LamellaError('cancelled', 'context canceled', {
      code: 'cancelled',
      hint: context.say(resumable),
      cause: error,
    });
  }
  return begun && isLamellaError(error) ? new BareError(error) : error;
}

/** A registry may have one image only, whatever it was asked for. */
async function warnOfPlatform(
  context: CommandContext,
  { id, name }: PulledImage,
  wanted: string,
  print: (line: string) => Promise<void>,
): Promise<void> {
  const { Os: os, Architecture: architecture, Variant: variant } = await (await context.images()).inspect(id);
  if (typeof os !== 'string' || typeof architecture !== 'string') return;
  const found = { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
  if (matchPlatform(parsePlatform(wanted), found) !== undefined) return;
  await print(
    `WARNING: image with reference ${name} was found but its platform (${formatPlatform(found)}) does not match the specified platform (${formatPlatform(parsePlatform(wanted))})`,
  );
}

function fullName(name: string, allTags: boolean): string {
  const reference = parseReference(name);
  return allTags ? repositoryName(reference) : formatReference(withDefaultTag(reference));
}
