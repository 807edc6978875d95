import type { Damage } from '../../../engine/ports/system-engine.ts';
import { none } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import type { Text } from '../../languages/text.ts';
import { createProgress } from '../../progress/progress.ts';
import { escapeControl } from '../../table/escape-control.ts';
import { humanSize } from '../../table/units.ts';

const texts: Readonly<Record<'checked' | 'sound' | 'damaged' | 'needed' | 'more', Text>> = {
  checked: {
    en: 'Checked %s layers, %s blobs, %s images: %s',
    zh: '已检查 %s 个镜像层、%s 个数据块、%s 个镜像：%s',
  },
  sound: { en: 'Everything is as it should be.', zh: '一切正常。' },
  damaged: { en: 'Damage found: %s', zh: '发现损坏：%s 处' },
  needed: { en: 'needed by %s', zh: '使用它的镜像：%s' },
  more: { en: '… and %s more', zh: '…… 还有 %s 个' },
};

/** Damaged files named for each layer before the rest is only counted. */
const mostFiles = 20;

export const command: Command = defineCommand({
  usage: '[OPTIONS]',
  summary: {
    en: 'Verify every layer and blob against its digest, and name what is damaged',
    zh: '用摘要校验每个镜像层和数据块，并指出损坏之处',
  },
  examples: [
    {
      command: 'lamella system check --repair',
      note: { en: 'Make again what can be made again', zh: '重新生成可以修复的内容' },
    },
  ],
  arity: none,
  completion: 'none',
  options: {
    repair: flag({
      en: 'Repair what can be made again, and remove what belongs to nothing',
      zh: '修复可以重新生成的内容，删除无主文件',
    }),
  },
  async run({ options, context }) {
    const engine = await context.system();
    using progress = createProgress(context);
    const report = await engine.check({
      repair: options.repair,
      signal: context.io.signal,
      onProgress: (event) => progress.onProgress(event),
    });
    progress[Symbol.dispose]();
    if (context.json) {
      await context.print(JSON.stringify(report));
      return report.damage.length > 0 ? 1 : 0;
    }
    const counts = [report.layers, report.blobs, report.images].map(String);
    await context.print(context.say(texts.checked, ...counts, humanSize(report.bytes)));
    if (report.damage.length === 0) {
      await context.print(context.say(texts.sound));
      return 0;
    }
    await context.print(context.say(texts.damaged, String(report.damage.length)));
    for (const damage of report.damage) {
      for (const line of damageLines(damage, (text, ...values) => context.say(text, ...values)))
        await context.print(line);
    }
    return 1;
  },
});

function damageLines(
  { kind, subject, problem, files, images }: Damage,
  say: (text: Text, ...values: string[]) => string,
): string[] {
  const lines = [`${kind} ${escapeControl(subject)}: ${escapeControl(problem)}`];
  if (images.length > 0) lines.push(`  ${say(texts.needed, images.map(escapeControl).join(', '))}`);
  for (const { path } of files.slice(0, mostFiles)) lines.push(`  ${escapeControl(path)}`);
  if (files.length > mostFiles) lines.push(`  ${say(texts.more, String(files.length - mostFiles))}`);
  return lines;
}
