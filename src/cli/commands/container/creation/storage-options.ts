import { resolve } from 'node:path';
import type { HostConfig, NewContainer } from '../../../../engine/ports/container-engine.ts';
import {
  flag,
  list,
  type FlagOption,
  type ListOption,
  type OptionTable,
  type OptionValues,
} from '../../../arguments/options.ts';

/** The root file system and what is mounted in it. */
export interface StorageOptions extends OptionTable {
  readonly 'read-only': FlagOption;
  readonly tmpfs: ListOption;
  readonly volume: ListOption;
}

export const storageOptions: StorageOptions = {
  'read-only': flag({
    en: "Mount the container's root filesystem as read only",
    zh: '以只读方式挂载容器的根文件系统',
  }),
  tmpfs: list({ en: 'Mount a tmpfs directory', zh: '挂载 tmpfs 目录' }),
  volume: list({ en: 'Bind mount a volume', zh: '挂载目录或卷' }, { short: 'v' }),
};

/** @param cwd what a relative source is relative to */
export function storageRequest(
  options: OptionValues<StorageOptions>,
  cwd: string,
): { config: Partial<NewContainer['config']>; hostConfig: Partial<HostConfig> } {
  return {
    config: {},
    hostConfig: {
      Binds: options.volume.map((volume) => absoluteSource(volume, cwd)),
      Tmpfs: Object.fromEntries(options.tmpfs.map(splitTmpfs)),
      ReadonlyRootfs: options['read-only'],
    },
  };
}

/** `./data:/data` means the folder here, as in Docker since 23.0. */
function absoluteSource(volume: string, cwd: string): string {
  if (!/^\.\.?(\/|:)/.test(volume)) return volume;
  const colon = volume.indexOf(':');
  return colon === -1 ? volume : resolve(cwd, volume.slice(0, colon)) + volume.slice(colon);
}

function splitTmpfs(text: string): [path: string, options: string] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
