import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isLamellaError, LamellaError } from '../../../base/errors.ts';
import { collectBytes } from '../../../base/streams.ts';
import { isDockerfileError, type Finding } from '../../../engine/ports/build-engine.ts';
import { exactly } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, list, text } from '../../arguments/options.ts';
import { BareError, CliError } from '../../errors/cli-error.ts';
import type { CommandContext } from '../../output/context.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { checkReference } from '../client-reference.ts';
import { createBuildLines } from './build-progress.ts';
import { checkTerminal } from '../container/connect-streams.ts';
import { debugShell } from './debug-shell.ts';
import { formatExcerpt } from './excerpt.ts';
import { runOptions, runSettings } from './run-options.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] PATH',
  summary: { en: 'Build an image from a Dockerfile', zh: '用 Dockerfile 构建镜像' },
  examples: [
    {
      command: 'lamella build -t app:1 .',
      note: { en: 'From the Dockerfile in this folder', zh: '使用当前目录中的 Dockerfile' },
    },
    {
      command: 'lamella build --target test --build-arg VERSION=2 -f ci/Dockerfile .',
      note: { en: 'One stage of it, with an argument', zh: '只构建其中一个阶段，并传入参数' },
    },
  ],
  arity: exactly(1),
  completion: 'file',
  options: {
    ...runOptions,
    'build-arg': list({ en: 'Set build-time variables', zh: '设置构建时变量' }),
    file: text(
      {
        en: 'Name of the Dockerfile (default: "PATH/Dockerfile", "-" is standard input)',
        zh: 'Dockerfile 的路径（默认 "PATH/Dockerfile"，"-" 表示标准输入）',
      },
      { short: 'f' },
    ),
    iidfile: text({ en: 'Write the image ID to a file', zh: '把镜像 ID 写入文件' }),
    label: list({ en: 'Set metadata for an image', zh: '设置镜像的标签' }),
    'no-cache': flag({ en: 'Do not use cache when building the image', zh: '构建时不使用缓存' }),
    'no-cache-filter': list({ en: 'Do not cache specified stages', zh: '指定不使用缓存的阶段' }),
    platform: text({ en: 'Set target platform for build', zh: '设置目标平台' }),
    pull: flag({ en: 'Always attempt to pull all referenced images', zh: '总是尝试拉取所用的镜像' }),
    quiet: flag(
      {
        en: 'Suppress the build output and print image ID on success',
        zh: '不显示过程，成功时只输出镜像 ID',
      },
      { short: 'q' },
    ),
    tag: list(
      { en: 'Image identifier (format: "[registry/]repository[:tag]")', zh: '镜像名称' },
      { short: 't' },
    ),
    target: text({ en: 'Set the target build stage to build', zh: '设置要构建的目标阶段' }),
    timestamp: text({
      en: 'Times in the image: "now", or seconds since 1970 (default: as old as the newest base image)',
      zh: '镜像中的时间："now" 或自 1970 年起的秒数（默认与最新的基础镜像相同）',
    }),
  },
  async run({ options, args, context }) {
    const [path = ''] = args;
    for (const tag of options.tag) checkReference(tag);
    const folder = resolve(context.io.cwd, path);
    const { file } = options;
    const fromInput = file === '-';
    const dockerfile = fromInput || file === undefined ? undefined : resolve(context.io.cwd, file);
    const dockerfileText = fromInput
      ? (await collectBytes(context.io.stdin.stream(), 16 << 20)).toString('utf8')
      : undefined;
    const { stderr } = context.io;
    const lines = createBuildLines(() => context.io.now());
    if (options.debug) checkTerminal(context, { tty: true, stdin: true });
    const engine = await context.builder();
    let findings: readonly Finding[] = [];
    try {
      const { id } = await engine.build({
        context: folder,
        dockerfile,
        dockerfileText,
        tags: options.tag,
        target: options.target,
        buildArgs: readArguments(options['build-arg'], context.io.env),
        labels: Object.fromEntries(options.label.map(splitPair)),
        platform: options.platform,
        noCache: options['no-cache'] || options['no-cache-filter'],
        pull: options.pull,
        timestamp: readTimestamp(options.timestamp, context.io.env['SOURCE_DATE_EPOCH']),
        run: runSettings(options, context),
        debug: options.debug ? (container) => debugShell(context, container) : undefined,
        signal: context.io.signal,
        fetch: async (reference, platform) => {
          const { pull } = await import('../pull.ts');
          await pull(context, reference, { platform, quiet: options.quiet, forContainer: true });
        },
        onFindings: (found) => (findings = found),
        onProgress: (event) => {
          if (!options.quiet) void stderr.write(lines.event(event));
        },
      });
      if (options.iidfile !== undefined) await writeFile(resolve(context.io.cwd, options.iidfile), id);
      if (options.quiet) await context.print(id);
      else {
        for (const line of [...resultLines(id, options.tag), ...findingLines(findings)]) {
          await stderr.write(`${line}\n`);
        }
      }
    } catch (error) {
      if (isDockerfileError(error)) {
        const name = fromInput ? 'Dockerfile' : basename(dockerfile ?? 'Dockerfile');
        const source = dockerfileText ?? (await readFile(dockerfile ?? join(folder, 'Dockerfile'), 'utf8'));
        await stderr.write(`\n${formatExcerpt(name, source, error.range)}\n`);
      }
      for (const line of findingLines(findings)) await stderr.write(`${line}\n`);
      throw asDockerSaysIt(error);
    }
  },
});

function asDockerSaysIt(error: unknown): unknown {
  if (!isLamellaError(error) || error.kind === 'cancelled') return error;
  const { kind, code, hint } = error;
  const message = `ERROR: failed to build: failed to solve: ${error.message}`;
  return new BareError(
    new LamellaError(kind, message, { code, cause: error, ...(hint === undefined ? {} : { hint }) }),
  );
}

/** What stands at the end of a build that succeeds all the same, as Docker lists it. */
function findingLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const count = `${findings.length} warning${findings.length === 1 ? '' : 's'}`;
  const lines = findings.map(
    ({ rule, message, range }) => ` - ${rule}: ${escapeControl(message)} (line ${range.start})`,
  );
  return ['', ` ${count} found:`, ...lines];
}

function resultLines(id: string, tags: readonly string[]): string[] {
  return [`writing image ${id}`, ...tags.map((tag) => `naming to ${tag}`)];
}

/** `NAME=value`, or `NAME` with the value that it has here. */
function readArguments(texts: readonly string[], env: CommandContext['io']['env']): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((each) => {
      if (each.includes('=')) return [splitPair(each)];
      const value = env[each];
      return value === undefined ? [] : [[each, value]];
    }),
  );
}

function splitPair(each: string): [name: string, value: string] {
  const equals = each.indexOf('=');
  return equals < 0 ? [each, ''] : [each.slice(0, equals), each.slice(equals + 1)];
}

function readTimestamp(
  asked: string | undefined,
  fromEnvironment: string | undefined,
): number | 'now' | undefined {
  const value = asked ?? fromEnvironment;
  if (value === undefined || value === '') return undefined;
  if (value === 'now') return value;
  if (/^\d{1,12}$/.test(value)) return Number(value);
  throw new CliError(`invalid timestamp: ${value}`, {
    hint: 'It is "now", or a number of seconds since 1970.',
  });
}
