import type { HostConfig, NewContainer } from '../../../../engine/ports/container-engine.ts';
import {
  flag,
  integer,
  list,
  text,
  type FlagOption,
  type IntegerOption,
  type ListOption,
  type OptionValues,
  type TextOption,
} from '../../../arguments/options.ts';
import { healthOptions, healthRequest, type HealthOptions } from './health-options.ts';
import { parseRestartPolicy } from './restart-policy.ts';

/** How it begins, ends, is watched and logged. */
export interface LifeOptions extends HealthOptions {
  readonly init: FlagOption;
  readonly 'log-driver': TextOption;
  readonly 'log-opt': ListOption;
  readonly restart: TextOption;
  readonly rm: FlagOption;
  readonly 'stop-signal': TextOption;
  readonly 'stop-timeout': IntegerOption;
}

export const lifeOptions: LifeOptions = {
  ...healthOptions,
  init: flag({
    en: 'Run an init inside the container that forwards signals and reaps processes',
    zh: '在容器内运行 init，转发信号并回收进程',
  }),
  'log-driver': text(
    { en: 'Logging driver for the container', zh: '容器的日志驱动' },
    { choices: ['json-file', 'local', 'none'] },
  ),
  'log-opt': list({
    en: 'Log driver options (max-size, max-file)',
    zh: '日志驱动选项（max-size、max-file）',
  }),
  restart: text(
    {
      en: 'Restart policy to apply when a container exits (no, always, unless-stopped, on-failure[:N])',
      zh: '容器退出后的重启策略（no、always、unless-stopped、on-failure[:N]）',
    },
    { default: 'no', choices: ['no', 'always', 'unless-stopped', 'on-failure'] },
  ),
  rm: flag({
    en: 'Automatically remove the container and its associated anonymous volumes when it exits',
    zh: '容器退出后自动删除容器及其匿名卷',
  }),
  'stop-signal': text({ en: 'Signal to stop the container', zh: '停止容器时发送的信号' }),
  'stop-timeout': integer({ en: 'Timeout (in seconds) to stop a container', zh: '停止容器的超时时间（秒）' }),
};

function splitLogOption(text: string): [name: string, value: string] {
  const [name = '', ...value] = text.split('=');
  return [name, value.join('=')];
}

/** Parts of the config and of the host config. */
export function lifeRequest(
  options: OptionValues<LifeOptions>,
  given: ReadonlySet<string>,
): { config: Partial<NewContainer['config']>; hostConfig: Partial<HostConfig> } {
  return {
    config: {
      Healthcheck: healthRequest(options),
      StopSignal: options['stop-signal'],
      StopTimeout: options['stop-timeout'],
    },
    hostConfig: {
      LogConfig: {
        Type: options['log-driver'] ?? 'json-file',
        Config: Object.fromEntries(options['log-opt'].map(splitLogOption)),
      },
      RestartPolicy: parseRestartPolicy(options.restart ?? '', options),
      AutoRemove: options.rm,
      Init: given.has('init') ? options.init : undefined,
    },
  };
}
