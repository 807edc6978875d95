import type { PullPlan } from '../../engine/ports/registry-engine.ts';
import { formatReference, parseReference, repositoryName, withDefaultTag } from '../../oci/reference.ts';
import type { Text } from '../languages/text.ts';
import type { CommandContext } from '../output/context.ts';
import { createTransferProgress } from '../progress/progress.ts';
import { humanSize } from '../table/units.ts';

const plan: Text = {
  en: 'Fetching %s; needs about %s on disk and %s files',
  zh: '需下载 %s；约占用磁盘 %s、%s 个文件',
};

const resumable: Text = {
  en: 'What was fetched is kept: pull again to go on from there.',
  zh: '已下载的内容已保留，再次执行 pull 会继续下载。',
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
  const progress = createTransferProgress(context, { quiet, stream });
  const pulled = engine.pull(name, {
    allTags,
    platform: options.platform,
    signal,
    onProgress: (event) => progress.onProgress(event),
    onPlan({ fetch, disk, inodes }: PullPlan) {
      progress.expect(fetch);
      if (fetch === 0 || !stream.isTerminal || quiet) return;
      const status = context.say(plan, humanSize(fetch), humanSize(disk), String(inodes));
      progress.onProgress({ id: '', status });
    },
  });
  try {
    const results = [];
    for await (const image of pulled) {
      if (!allTags) progress[Symbol.dispose]();
      if (!quiet) {
        await print(`Digest: ${image.digest}`);
        if (!allTags) await print(statusLine(image.name, image.isNewer));
      }
      results.push(image);
    }
    progress[Symbol.dispose]();
    if (allTags && !quiet) {
      const repository = repositoryName(parseReference(name));
      const anyNewer = results.some(({ isNewer }) => isNewer);
      await print(statusLine(repository.replace(/^docker\.io\/(library\/)?/, ''), anyNewer));
    }
    if (!forContainer) await print(fullName(name, allTags));
  } catch (error) {
    progress[Symbol.dispose]();
    if (signal.aborted) await context.warn(context.say(resumable));
    throw error;
  }
}

function statusLine(name: string, isNewer: boolean): string {
  return isNewer ? `Status: Downloaded newer image for ${name}` : `Status: Image is up to date for ${name}`;
}

function fullName(name: string, allTags: boolean): string {
  const reference = parseReference(name);
  return allTags ? repositoryName(reference) : formatReference(withDefaultTag(reference));
}
