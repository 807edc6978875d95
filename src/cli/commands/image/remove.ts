import { isLamellaError } from '../../../base/errors.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag } from '../../arguments/options.ts';
import { errorLine } from '../../errors/print-error.ts';

export const command: Command = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  summary: { en: 'Remove one or more images', zh: '删除一个或多个镜像' },
  examples: [
    { command: 'lamella rmi debian:12', note: { en: 'By name', zh: '按名称删除' } },
    {
      command: 'lamella rmi -f 8a16b6f5e1a2',
      note: { en: 'By ID, with all its names', zh: '按 ID 删除，连同其所有名称' },
    },
  ],
  arity: atLeast(1),
  completion: 'image',
  options: {
    force: flag({ en: 'Force removal of the image', zh: '强制删除镜像' }, { short: 'f' }),
    'no-prune': flag({ en: 'Do not delete untagged parents', zh: '不删除没有标签的父镜像' }),
  },
  async run({ options, args, context }) {
    const engine = await context.images();
    const errors: unknown[] = [];
    for (const image of args) {
      try {
        const lines = await engine.remove(image, { force: options.force, noPrune: options['no-prune'] });
        for (const line of lines) {
          await context.print('Deleted' in line ? `Deleted: ${line.Deleted}` : `Untagged: ${line.Untagged}`);
        }
      } catch (error) {
        errors.push(error);
      }
    }
    // With -f an image that is not there is no failure, only told.
    const fatal = errors.some((error) => !options.force || !isLamellaError(error, 'not-found'));
    if (fatal && errors.length === 1) throw errors[0];
    for (const error of errors) await context.warn(errorLine(error));
    return fatal ? 1 : 0;
  },
});
