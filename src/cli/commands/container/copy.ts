import { isLamellaError } from '../../../base/errors.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { CommandContext } from '../../output/context.ts';
import type { CopyOptions } from '../../../engine/ports/file-copy.ts';
import { humanSize } from '../../table/units.ts';
import { splitCopyArgument } from './copy-argument.ts';

export const command: Command = defineCommand({
  usage:
    '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n        lamella cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
  summary: {
    en: 'Copy files/folders between a container and the local filesystem',
    zh: '在容器与本地文件系统之间复制文件和目录',
  },
  examples: [
    {
      command: 'lamella cp web:/etc/nginx/. ./nginx',
      note: { en: "A directory's content, into a directory", zh: '把目录的内容复制到另一个目录' },
    },
    {
      command: 'tar -c site | lamella cp - web:/srv',
      note: { en: 'From an archive', zh: '从归档中复制' },
    },
  ],
  arity: exactly(2),
  completion: 'container',
  options: {
    archive: flag(
      { en: 'Archive mode (copy all uid/gid information)', zh: '归档模式（保留 uid/gid 信息）' },
      { short: 'a' },
    ),
    'follow-link': flag(
      { en: 'Always follow symbol link in SRC_PATH', zh: '始终跟随 SRC_PATH 中的符号链接' },
      { short: 'L' },
    ),
    quiet: flag(
      {
        en: 'Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached',
        zh: '复制时不显示进度；没有终端时自动不显示',
      },
      { short: 'q' },
    ),
  },
  async run({ options, args, context }) {
    const [source = '', target = ''] = args;
    if (source === '') throw new CliError('source can not be empty');
    if (target === '') throw new CliError('destination can not be empty');
    const [from, to] = [splitCopyArgument(source), splitCopyArgument(target)];
    if (from.container !== undefined && to.container !== undefined) {
      throw new CliError('copying between containers is not supported');
    }
    const wanted = {
      archive: options.archive,
      followLink: options['follow-link'],
      quiet: options.quiet || !context.io.stderr.isTerminal,
    };
    if (from.container !== undefined) await copyOut(context, from.container, from.path, to.path, wanted);
    else if (to.container !== undefined) await copyIn(context, from.path, to.container, to.path, wanted);
    else throw new CliError('must specify at least one container source');
  },
});

interface Wanted {
  readonly archive: boolean;
  readonly followLink: boolean;
  readonly quiet: boolean;
}

async function copyOut(
  context: CommandContext,
  container: string,
  path: string,
  target: string,
  wanted: Wanted,
): Promise<void> {
  const engine = await context.containers();
  const { followLink } = wanted;
  const { signal, stdout } = context.io;
  if (target === '-') {
    const { content } = await engine.archive(container, path, { followLink, signal });
    for await (const bytes of content) await stdout.write(bytes);
    return;
  }
  const copied = await watched(context, 'Copying from container', wanted, (options) =>
    engine.copyFrom(container, path, target, options),
  );
  if (!wanted.quiet)
    await context.warn(`Successfully copied ${humanSize(copied.bytes, 3)} to ${copied.path}`);
}

async function copyIn(
  context: CommandContext,
  source: string,
  container: string,
  path: string,
  wanted: Wanted,
): Promise<void> {
  const engine = await context.containers();
  const { signal, stdin } = context.io;
  if (source === '-') {
    const status = await engine.statPath(container, path.endsWith('/') ? path : `${path}/`).catch(notThere);
    if (status === undefined) {
      throw new CliError(`destination "${container}:${path}" must be a directory`);
    }
    await engine.extract(container, path, stdin.stream({ signal }), { signal });
    return;
  }
  const copied = await watched(context, 'Copying to container', wanted, (options) =>
    engine.copyTo(container, source, path, options),
  );
  if (!wanted.quiet) {
    await context.warn(`Successfully copied ${humanSize(copied.bytes, 3)} to ${container}:${copied.path}`);
  }
}

/** Shows how it goes on. What is wrong with a path of this machine is the command's own complaint. */
async function watched<T>(
  { io }: CommandContext,
  doing: string,
  { quiet, archive, followLink }: Wanted,
  copy: (options: CopyOptions) => Promise<T>,
): Promise<T> {
  let drawnAt = 0;
  let drawing = Promise.resolve();
  function draw(current: number): void {
    if (quiet || io.now() - drawnAt < 100) return;
    drawnAt = io.now();
    drawing = io.stderr.write(`\r${doing} - ${humanSize(current, 3)}\u001B[K`);
  }
  try {
    return await copy({
      archive,
      followLink,
      folder: io.cwd,
      signal: io.signal,
      onProgress: ({ current = 0 }) => draw(current),
    });
  } catch (error) {
    throw isLamellaError(error) && error.code.startsWith('local-')
      ? new CliError(error.message, error.hint === undefined ? {} : { hint: error.hint })
      : error;
  } finally {
    await drawing;
    if (drawnAt > 0) await io.stderr.write('\r\u001B[K');
  }
}

function notThere(error: unknown): undefined {
  if (isLamellaError(error) && ['container-file-not-found', 'ENOTDIR'].includes(error.code)) return undefined;
  throw error;
}
