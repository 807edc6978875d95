import type { Text } from '../languages/text.ts';

interface OptionBase {
  /** One letter, without dash. */
  readonly short?: string;
  readonly help: Text;
  /** Not shown in help and completions. */
  readonly hidden?: boolean;
  /** What help shows for the value: `string`, `list`, `filter`, `bytes`. */
  readonly valueName?: string;
  /** Words a value can be, for completions. */
  readonly choices?: readonly string[];
  /** Another way to write it, such as `net` for `network`. */
  readonly alias?: string;
}

export interface FlagOption extends OptionBase {
  readonly kind: 'flag';
  readonly default: boolean;
}
export interface TextOption extends OptionBase {
  readonly kind: 'text';
  readonly default?: string;
}
export interface ListOption extends OptionBase {
  readonly kind: 'list';
  /** Says what is wrong with a value as written, undefined where nothing is. */
  readonly check?: (value: string) => string | undefined;
}
/** `key=value`, repeatable; gathered by key. */
export interface FilterOption extends OptionBase {
  readonly kind: 'filter';
}
export interface IntegerOption extends OptionBase {
  readonly kind: 'integer';
  /** Where it may not be negative: the largest number. */
  readonly max?: number;
  readonly default?: number;
}
/** A size such as `512m`, in bytes. */
export interface BytesOption extends OptionBase {
  readonly kind: 'bytes';
  /** Whether -1 is taken, which means that there is no limit. */
  readonly unlimited?: boolean;
}
export interface DecimalOption extends OptionBase {
  readonly kind: 'decimal';
}
/** `1m30s`, in nanoseconds. */
export interface DurationOption extends OptionBase {
  readonly kind: 'duration';
}

export type Option =
  | FlagOption
  | TextOption
  | ListOption
  | FilterOption
  | IntegerOption
  | BytesOption
  | DecimalOption
  | DurationOption;

/** Options of a command by their long names. */
export type OptionTable = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends FlagOption
  ? boolean
  : O extends TextOption
    ? string | undefined
    : O extends ListOption
      ? readonly string[]
      : O extends FilterOption
        ? Readonly<Record<string, readonly string[]>>
        : number | undefined;

/** What the command gets: a value for every option of its table. */
export type OptionValues<T extends OptionTable> = { readonly [Name in keyof T]: ValueOf<T[Name]> };

type Details<O extends Option> = Omit<O, 'kind' | 'help'>;

export function flag(
  help: Text,
  details: Omit<Details<FlagOption>, 'default'> & { default?: boolean } = {},
): FlagOption {
  return { kind: 'flag', default: false, help, ...details };
}
export function text(help: Text, details: Details<TextOption> = {}): TextOption {
  return { kind: 'text', help, ...details };
}
export function list(help: Text, details: Details<ListOption> = {}): ListOption {
  return { kind: 'list', help, ...details };
}
export function filter(help: Text, details: Details<FilterOption> = {}): FilterOption {
  return { kind: 'filter', help, ...details };
}
export function integer(help: Text, details: Details<IntegerOption> = {}): IntegerOption {
  return { kind: 'integer', help, ...details };
}
export function bytes(help: Text, details: Details<BytesOption> = {}): BytesOption {
  return { kind: 'bytes', help, ...details };
}
export function duration(help: Text, details: Details<DurationOption> = {}): DurationOption {
  return { kind: 'duration', help, ...details };
}
export function decimal(help: Text, details: Details<DecimalOption> = {}): DecimalOption {
  return { kind: 'decimal', help, ...details };
}
