import { isLamellaError } from '../../../base/errors.ts';
import { containerInspectType } from '../../api-types/container-inspect.ts';
import { imageInspectType } from '../../api-types/image-inspect.ts';
import { networkInspectType } from '../../api-types/network-inspect.ts';
import { volumeInspectType } from '../../api-types/volume-inspect.ts';
import { atLeast } from '../../arguments/arity.ts';
import { defineCommand, type Command } from '../../arguments/command.ts';
import { flag, text } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { CommandContext } from '../../output/context.ts';
import { inspectObjects, type InspectedObject } from '../inspect-objects.ts';
import { inspectFormat } from '../shared-options.ts';

const types: readonly string[] = ['image', 'container', 'network', 'volume'];

export const command: Command = defineCommand({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  summary: {
    en: 'Return low-level information on images, containers, networks and volumes',
    zh: '显示镜像、容器、网络或卷的底层信息',
  },
  examples: [
    {
      command: "lamella inspect -f '{{.State.ExitCode}}' box",
      note: { en: 'How a container ended', zh: '查看容器的退出码' },
    },
  ],
  arity: atLeast(1),
  completion: 'object',
  options: {
    format: inspectFormat(),
    size: flag(
      { en: 'Display total file sizes if the type is container', zh: '类型为容器时显示文件总大小' },
      { short: 's' },
    ),
    type: text(
      { en: 'Only inspect objects of the given type', zh: '只查看指定类型的对象' },
      { choices: [...types] },
    ),
  },
  async run({ options, args, context }) {
    const { type } = options;
    if (type !== undefined && type !== '' && !types.includes(type)) {
      throw new CliError(
        `unknown type: ${JSON.stringify(type)}: must be one of "container", "image", "network", "volume"`,
      );
    }
    return inspectObjects(context, args, {
      format: options.format,
      find: (name) => findObject(context, name, { type, size: options.size }),
    });
  },
});

/** A container of that name, else an image, a network or a volume, as Docker looks. */
async function findObject(
  context: CommandContext,
  name: string,
  { type, size }: { type: string | undefined; size: boolean },
): Promise<InspectedObject> {
  const container = async (): Promise<InspectedObject> => ({
    json: await (await context.containers()).inspect(name, { size }),
    type: containerInspectType,
    escapesHtml: false,
  });
  const image = async (): Promise<InspectedObject> => ({
    json: await (await context.images()).inspect(name),
    type: imageInspectType,
    escapesHtml: true,
  });
  const volume = async (): Promise<InspectedObject> => ({
    json: await (await context.volumes()).inspect(name),
    type: volumeInspectType,
    escapesHtml: false,
  });
  const network = async (): Promise<InspectedObject> => ({
    json: await (await context.networks()).inspect(name),
    type: networkInspectType,
    escapesHtml: false,
  });
  if (type === 'network') return network();
  if (type === 'volume') return volume();
  if (type === 'container') return container();
  if (type === 'image') return image();
  for (const find of [container, image, network, volume]) {
    try {
      return await find();
    } catch (error) {
      if (!isLamellaError(error, 'not-found')) throw error;
    }
  }
  throw new CliError(`Error: No such object: ${name}`);
}
