import type { NewContainer } from '../../../../engine/ports/container-engine.ts';
import {
  duration,
  flag,
  integer,
  text,
  type DurationOption,
  type FlagOption,
  type IntegerOption,
  type OptionTable,
  type OptionValues,
  type TextOption,
} from '../../../arguments/options.ts';
import { CliError } from '../../../errors/cli-error.ts';

/** How one learns whether what runs in it does its work. */
export interface HealthOptions extends OptionTable {
  readonly 'health-cmd': TextOption;
  readonly 'health-interval': DurationOption;
  readonly 'health-retries': IntegerOption;
  readonly 'health-start-interval': DurationOption;
  readonly 'health-start-period': DurationOption;
  readonly 'health-timeout': DurationOption;
  readonly 'no-healthcheck': FlagOption;
}

export const healthOptions: HealthOptions = {
  'health-cmd': text({ en: 'Command to run to check health', zh: '用于检查健康状态的命令' }),
  'health-interval': duration({
    en: 'Time between running the check (ms|s|m|h)',
    zh: '两次检查之间的间隔（ms|s|m|h）',
  }),
  'health-retries': integer({
    en: 'Consecutive failures needed to report unhealthy',
    zh: '连续失败多少次后判定为不健康',
  }),
  'health-start-interval': duration({
    en: 'Time between running the check during the start period (ms|s|m|h)',
    zh: '启动期内两次检查之间的间隔（ms|s|m|h）',
  }),
  'health-start-period': duration({
    en: 'Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)',
    zh: '容器的启动期，其间的失败不计入重试次数（ms|s|m|h）',
  }),
  'health-timeout': duration({
    en: 'Maximum time to allow one check to run (ms|s|m|h)',
    zh: '单次检查的最长时间（ms|s|m|h）',
  }),
  'no-healthcheck': flag({
    en: 'Disable any container-specified HEALTHCHECK',
    zh: '禁用镜像指定的 HEALTHCHECK',
  }),
};

/**
 * The health check that is asked for; undefined leaves it to the image.
 *
 * @throws CliError in the words of Docker's client
 */
export function healthRequest(
  options: OptionValues<HealthOptions>,
): NonNullable<NewContainer['config']['Healthcheck']> | undefined {
  const command = options['health-cmd'] ?? '';
  const numbers = ['interval', 'timeout', 'retries', 'start-period', 'start-interval'] as const;
  const isAsked = command !== '' || numbers.some((name) => (options[`health-${name}`] ?? 0) !== 0);
  if (options['no-healthcheck']) {
    if (isAsked) throw refusal('--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!isAsked) return undefined;
  const negative = numbers.find((name) => (options[`health-${name}`] ?? 0) < 0);
  if (negative !== undefined) throw refusal(`--health-${negative} cannot be negative`);
  return {
    ...(command === '' ? {} : { Test: ['CMD-SHELL', command] }),
    ...given('Interval', options['health-interval']),
    ...given('Timeout', options['health-timeout']),
    ...given('StartPeriod', options['health-start-period']),
    ...given('StartInterval', options['health-start-interval']),
    ...given('Retries', options['health-retries']),
  };
}

function given(name: string, value: number | undefined): Record<string, number> {
  return value === undefined || value === 0 ? {} : { [name]: value };
}

function refusal(message: string): CliError {
  return new CliError(message, { exitCode: 125, isIntroduced: true });
}
