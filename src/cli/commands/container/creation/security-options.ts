import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import {
  flag,
  list,
  type FlagOption,
  type ListOption,
  type OptionTable,
  type OptionValues,
} from '../../../arguments/options.ts';

/** What it may do. */
export interface SecurityOptions extends OptionTable {
  readonly 'cap-add': ListOption;
  readonly 'cap-drop': ListOption;
  readonly privileged: FlagOption;
}

export const securityOptions: SecurityOptions = {
  'cap-add': list({ en: 'Add Linux capabilities', zh: '添加 Linux 能力' }),
  'cap-drop': list({ en: 'Drop Linux capabilities', zh: '去除 Linux 能力' }),
  privileged: flag({ en: 'Give extended privileges to this container', zh: '给予容器扩展权限' }),
};

export function securityRequest(options: OptionValues<SecurityOptions>): Partial<HostConfig> {
  return {
    Privileged: options.privileged,
    CapAdd: options['cap-add'],
    CapDrop: options['cap-drop'],
  };
}
