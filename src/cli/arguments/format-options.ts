import { formatGoDuration } from '../../oci/go-duration.ts';
import type { OptionValue } from './option-value.ts';
import type { OptionTable } from './options.ts';

/** The options that were written, in a form that {@link parseOptions} reads to the same values: `--name=value` each. */
export function formatOptions(
  table: OptionTable,
  values: Readonly<Record<string, OptionValue>>,
  given: ReadonlySet<string>,
): string[] {
  return Object.entries(table).flatMap(([name, option]) => {
    if (!given.has(name)) return [];
    const value = values[name];
    if (option.kind === 'flag') return value === true ? [`--${name}`] : [`--${name}=false`];
    if (option.kind === 'duration') return [`--${name}=${formatGoDuration(value as number)}`];
    if (option.kind === 'filter') {
      return Object.entries(value as Readonly<Record<string, readonly string[]>>).flatMap(([key, all]) =>
        all.map((each) => `--${name}=${key}=${each}`),
      );
    }
    if (Array.isArray(value)) return (value as readonly string[]).map((each) => `--${name}=${each}`);
    return [`--${name}=${typeof value === 'number' ? String(value) : (value as string)}`];
  });
}
