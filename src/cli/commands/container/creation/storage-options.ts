import type { HostConfig, NewContainer } from '../../../../engine/ports/container-engine.ts';
import {
  flag,
  list,
  text,
  type FlagOption,
  type ListOption,
  type OptionTable,
  type OptionValues,
  type TextOption,
} from '../../../arguments/options.ts';
import { parseMountOption } from './mount-option.ts';
import { parseVolumeOptions } from './volume-option.ts';

/** The root file system and what is mounted in it. */
export interface StorageOptions extends OptionTable {
  readonly mount: ListOption;
  readonly 'read-only': FlagOption;
  readonly tmpfs: ListOption;
  readonly volume: ListOption;
  readonly 'volume-driver': TextOption;
  readonly 'volumes-from': ListOption;
}

export const storageOptions: StorageOptions = {
  mount: list(
    { en: 'Attach a filesystem mount to the container', zh: '为容器挂载文件系统' },
    { valueName: 'mount' },
  ),
  'read-only': flag({
    en: "Mount the container's root filesystem as read only",
    zh: '以只读方式挂载容器的根文件系统',
  }),
  tmpfs: list({ en: 'Mount a tmpfs directory', zh: '挂载 tmpfs 目录' }),
  volume: list({ en: 'Bind mount a volume', zh: '挂载目录或卷' }, { short: 'v' }),
  'volume-driver': text({ en: 'Optional volume driver for the container', zh: '容器所用卷的驱动' }),
  'volumes-from': list({ en: 'Mount volumes from the specified container(s)', zh: '挂载指定容器的卷' }),
};

/** @param cwd what a relative source is relative to */
export function storageRequest(
  options: OptionValues<StorageOptions>,
  cwd: string,
): { config: Partial<NewContainer['config']>; hostConfig: Partial<HostConfig> } {
  const { binds, volumes } = parseVolumeOptions(options.volume, cwd);
  return {
    config: { Volumes: volumes },
    hostConfig: {
      Binds: binds,
      Mounts: options.mount.map((mount) => parseMountOption(mount, cwd)),
      Tmpfs: Object.fromEntries(options.tmpfs.map(splitTmpfs)),
      VolumesFrom: options['volumes-from'],
      VolumeDriver: options['volume-driver'] ?? '',
      ReadonlyRootfs: options['read-only'],
    },
  };
}

function splitTmpfs(text: string): [path: string, options: string] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
