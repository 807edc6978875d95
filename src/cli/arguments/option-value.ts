import { messageOf } from '../../base/errors.ts';
import { parseGoDuration } from '../../oci/go-duration.ts';
import { UsageError } from '../errors/cli-error.ts';
import type { Option } from './options.ts';

export type OptionValue =
  | string
  | number
  | boolean
  | undefined
  | readonly string[]
  | Readonly<Record<string, readonly string[]>>;

/**
 * One value as written.
 *
 * @param before what the option holds already: lists and filters grow
 * @throws UsageError `invalid argument "x" for "-t, --timeout" flag: …`
 */
export function parseOptionValue(
  name: string,
  option: Option,
  raw: string,
  before: OptionValue,
): OptionValue {
  switch (option.kind) {
    case 'flag': {
      const value = parseBoolean(raw);
      return (
        value ?? fail(name, option, raw, `strconv.ParseBool: parsing ${JSON.stringify(raw)}: invalid syntax`)
      );
    }
    case 'text':
      return raw;
    case 'list': {
      const reason = option.check?.(raw);
      if (reason !== undefined) fail(name, option, raw, reason);
      return [...((before as readonly string[] | undefined) ?? []), raw];
    }
    case 'integer':
      return parseInteger(raw, option.max, (reason) => fail(name, option, raw, reason));
    case 'decimal': {
      const value = Number(raw);
      if (raw.trim() !== '' && Number.isFinite(value)) {
        if (Number.isInteger(Number(`${value}e9`))) return value;
        return fail(name, option, raw, 'value is too precise');
      }
      return fail(name, option, raw, `failed to parse ${raw} as a rational number`);
    }
    case 'bytes':
      if (raw === '-1' && option.unlimited === true) return -1;
      return parseBytes(raw, (reason) => fail(name, option, raw, reason));
    case 'duration':
      try {
        return parseGoDuration(raw);
      } catch (error) {
        return fail(name, option, raw, messageOf(error));
      }
    default: {
      if (raw === '') return before ?? {};
      const equals = raw.indexOf('=');
      if (equals === -1) {
        return fail(name, option, raw, 'bad format of filter (expected name=value)');
      }
      const key = raw.slice(0, equals).trim().toLowerCase();
      const filters = (before ?? {}) as Readonly<Record<string, readonly string[]>>;
      const others = Object.hasOwn(filters, key) ? (filters[key] ?? []) : [];
      return { ...filters, [key]: [...others, raw.slice(equals + 1).trim()] };
    }
  }
}

/** The words that Go takes for true and false; undefined for any other. */
export function parseBoolean(raw: string): boolean | undefined {
  return Object.hasOwn(booleans, raw) ? booleans[raw] : undefined;
}

const booleans: Readonly<Record<string, boolean>> = {
  1: true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  0: false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

function parseInteger(raw: string, max: number | undefined, refuse: (reason: string) => never): number {
  const call = max === undefined ? 'strconv.ParseInt' : 'strconv.ParseUint';
  const pattern = max === undefined ? /^[+-]?\d+$/ : /^\d+$/;
  if (!pattern.test(raw)) return refuse(`${call}: parsing ${JSON.stringify(raw)}: invalid syntax`);
  const value = Number(raw);
  if (value <= (max ?? 2 ** 63) && value >= -(2 ** 63)) return value;
  return refuse(`${call}: parsing ${JSON.stringify(raw)}: value out of range`);
}

const powers: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `512m`, `1.5GiB`, `100`: powers of 1024, as docker/go-units' RAMInBytes reads them. */
export function parseBytes(raw: string, refuse: (reason: string) => never): number {
  const end = raw.search(/[0-9. ][^0-9. ]*$/);
  if (end === -1) return refuse(`invalid size: '${raw}'`);
  const digits = raw.slice(0, raw[end] === ' ' ? end : end + 1);
  const size = digits === '' ? Number.NaN : Number(digits);
  if (Number.isNaN(size))
    return refuse(`strconv.ParseFloat: parsing ${JSON.stringify(digits)}: invalid syntax`);
  if (size < 0) return refuse(`invalid size: '${raw}'`);
  const suffix = raw.slice(end + 1).toLowerCase();
  if (suffix === '') return Math.trunc(size);
  if (!/^(b|[kmgtp](i?b)?)$/.test(suffix)) return refuse(`invalid suffix: '${suffix}'`);
  return Math.trunc(size * 1024 ** (powers[suffix[0] ?? ''] ?? 0));
}

function fail(name: string, option: Option, raw: string, reason: string): never {
  const shown = option.short === undefined ? `--${name}` : `-${option.short}, --${name}`;
  throw new UsageError(
    `invalid argument ${JSON.stringify(raw)} for ${JSON.stringify(shown)} flag: ${reason}`,
  );
}
