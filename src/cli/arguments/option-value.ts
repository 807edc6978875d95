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
      const value = booleans[raw];
      return (
        value ?? fail(name, option, raw, `strconv.ParseBool: parsing ${JSON.stringify(raw)}: invalid syntax`)
      );
    }
    case 'text':
      return raw;
    case 'list':
      return [...((before as readonly string[] | undefined) ?? []), raw];
    case 'integer':
      if (/^[+-]?\d+$/.test(raw)) return Number(raw);
      return fail(name, option, raw, `strconv.ParseInt: parsing ${JSON.stringify(raw)}: invalid syntax`);
    case 'decimal': {
      const value = Number(raw);
      if (raw.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
      return fail(name, option, raw, `failed to parse ${raw} as a rational number`);
    }
    case 'bytes':
      return parseBytes(raw) ?? fail(name, option, raw, `invalid size: '${raw}'`);
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

const powers: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `512m`, `1.5GiB`, `100`: powers of 1024, as docker/go-units' RAMInBytes reads them; `-1` is kept. */
function parseBytes(raw: string): number | undefined {
  if (raw === '-1') return -1;
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(raw.trim());
  if (match === null) return undefined;
  return Math.trunc(Number(match[1]) * 1024 ** (powers[(match[2] ?? '').toLowerCase()] ?? 0));
}

function fail(name: string, option: Option, raw: string, reason: string): never {
  const shown = option.short === undefined ? `--${name}` : `-${option.short}, --${name}`;
  throw new UsageError(
    `invalid argument ${JSON.stringify(raw)} for ${JSON.stringify(shown)} flag: ${reason}`,
  );
}
