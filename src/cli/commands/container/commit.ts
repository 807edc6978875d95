import { between } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, list, text } from '../../arguments/options.ts';
import { createProgress } from '../../progress/progress.ts';
import { checkReference } from '../client-reference.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  summary: { en: "Create a new image from a container's changes", zh: '用容器的变更创建新镜像' },
  examples: [
    {
      command: `lamella commit -a "Jane <jane@example.org>" -m "with vim" box debian:vim`,
      note: { en: 'Only what changed becomes a layer', zh: '只有变更的内容会成为新的一层' },
    },
  ],
  arity: between(1, 2),
  completion: 'container',
  options: {
    author: text(
      {
        en: 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")',
        zh: '作者（例如 "张三 <zhang@example.org>"）',
      },
      { short: 'a' },
    ),
    change: list(
      { en: 'Apply Dockerfile instruction to the created image', zh: '对创建的镜像应用 Dockerfile 指令' },
      { short: 'c' },
    ),
    message: text({ en: 'Commit message', zh: '提交说明' }, { short: 'm' }),
    pause: flag(
      { en: 'Pause container during commit', zh: '提交期间暂停容器' },
      { short: 'p', default: true },
    ),
  },
  async run({ options, args, context }) {
    const [container = '', reference] = args;
    if (reference !== undefined) checkReference(reference);
    const engine = await context.containers();
    using progress = createProgress(context);
    const { id, pausedFor } = await engine.commit(container, {
      reference,
      author: options.author ?? '',
      comment: options.message ?? '',
      changes: options.change,
      pause: options.pause,
      signal: context.io.signal,
      onProgress: (event) => progress.onProgress(event),
    });
    progress[Symbol.dispose]();
    await context.print(
      context.json ? JSON.stringify({ Id: id, PausedMilliseconds: Math.round(pausedFor) }) : id,
    );
  },
});
