import { CsvError, parseCsvLine } from '../../base/csv-line.ts';
import { instructionError } from '../instruction-error.ts';
import { suggestWord } from '../suggest-word.ts';

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const sharings = ['shared', 'private', 'locked'] as const;

/** What one `--mount` of RUN asks for, variables expanded (Dockerfile reference, "RUN --mount"). */
export interface RunMountOptions {
  readonly type: (typeof types)[number];
  /** A stage, an image or a named context; '' is the build's context, or nothing for a cache. */
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Of a cache, a secret or an agent. */
  readonly id: string;
  readonly sharing: (typeof sharings)[number];
  readonly required: boolean;
  /** Of a tmpfs, in bytes. */
  readonly size: number | undefined;
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Of a secret: the variable that it comes in. */
  readonly env: string | undefined;
}

type Options = { -readonly [Name in keyof RunMountOptions]: RunMountOptions[Name] };

/** Which options a mount must be of a certain type for. */
const onlyFor: Readonly<Record<string, readonly string[]>> = {
  required: ['secret', 'ssh'],
  size: ['tmpfs'],
};

const keys = ['type', 'from', 'source', 'target', 'readonly', 'id', 'sharing', 'required', 'size', 'mode']
  .concat(['uid', 'gid', 'src', 'dst', 'destination', 'ro', 'rw', 'readwrite', 'env'])
  .toSorted();

/**
 * Where a `--mount` takes its files from, known before anything is expanded: '' where it does not say.
 *
 * @throws LamellaError invalid `instruction-invalid`
 */
export function mountSource(text: string): string {
  const from = fieldsOf(text)
    .map(splitField)
    .findLast(({ key }) => key === 'from')?.value;
  if (from !== undefined && /\$./s.test(from)) {
    throw instructionError("'from' doesn't support variable expansion, define alias stage instead");
  }
  return from ?? '';
}

/**
 * Reads a `--mount`.
 *
 * @throws LamellaError invalid `instruction-invalid`, in BuildKit's words
 */
export function parseRunMount(text: string, expand: (word: string) => string): RunMountOptions {
  const options: Options = {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    readOnly: true,
    id: '',
    sharing: 'shared',
    required: false,
    size: undefined,
    mode: undefined,
    uid: undefined,
    gid: undefined,
    env: undefined,
  };
  const given = new Set<string>();
  for (const field of fieldsOf(text)) {
    const { key, value } = splitField(field);
    given.add(shortNames.get(key) ?? key);
    readField(options, field, key, value === undefined ? undefined : expand(value));
  }
  if (!given.has('access')) options.readOnly = options.type !== 'cache' && options.type !== 'tmpfs';
  refuseWhatDoesNotFit(options, given);
  return options;
}

const shortNames: ReadonlyMap<string, string> = new Map(
  ['readonly', 'ro', 'readwrite', 'rw'].map((key) => [key, 'access']),
);

function fieldsOf(text: string): string[] {
  try {
    return parseCsvLine(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw instructionError(`failed to parse csv mounts: ${error.message}`);
  }
}

function splitField(field: string): { key: string; value: string | undefined } {
  const equals = field.indexOf('=');
  if (equals < 0) return { key: field.toLowerCase(), value: undefined };
  return { key: field.slice(0, equals).toLowerCase(), value: field.slice(equals + 1) };
}

function readField(options: Options, field: string, key: string, given: string | undefined): void {
  const value = given ?? 'true';
  if (given === undefined && !['readonly', 'ro', 'readwrite', 'rw', 'required'].includes(key)) {
    throw instructionError(`invalid field '${field}' must be a key=value pair`);
  }
  if (onlyFor[key]?.includes(options.type) === false) {
    throw instructionError(`unexpected key '${key}' for mount type '${options.type}'`);
  }
  switch (key) {
    case 'type':
      options.type = oneOf(types, 'mount type', value);
      break;
    case 'from':
      options.from = value;
      break;
    case 'source':
    case 'src':
      options.source = value;
      break;
    case 'target':
    case 'dst':
    case 'destination':
      options.target = value;
      break;
    case 'readonly':
    case 'ro':
      options.readOnly = parseBoolean(key, value);
      break;
    case 'readwrite':
    case 'rw':
      options.readOnly = !parseBoolean(key, value);
      break;
    case 'required':
      options.required = parseBoolean(key, value);
      break;
    case 'size':
      options.size = parseSize(value);
      break;
    case 'id':
      options.id = value;
      break;
    case 'sharing':
      options.sharing = oneOf(sharings, 'sharing value', value);
      break;
    case 'mode':
    case 'uid':
    case 'gid':
      options[key] = parseNumber(key, value);
      break;
    case 'env':
      options.env = value;
      break;
    default:
      throw instructionError(`unexpected key '${key}' in '${field}'${suggestWord(key, keys)}`);
  }
}

function refuseWhatDoesNotFit(options: RunMountOptions, given: ReadonlySet<string>): void {
  const { type } = options;
  if (type === 'bind' || type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid']) {
      if (given.has(key))
        throw instructionError(`${key} not allowed for ${JSON.stringify(type)} type mounts`);
    }
  }
  if (given.has('sharing') && type !== 'cache') {
    throw instructionError(`invalid cache sharing set for ${type} mount`);
  }
  if (type === 'tmpfs' && options.source !== '') throw instructionError('tmpfs does not support source');
  if (type === 'ssh' && options.source !== '') throw instructionError('ssh does not support source');
  if (type !== 'secret') return;
  if (options.from !== '') throw instructionError('secret mount should not have a from');
  if (options.source === '' && options.target === '' && options.id === '') {
    throw instructionError('invalid secret mount. one of source, target required');
  }
  if (options.source !== '' && options.id !== '') throw instructionError("both source and id can't be set");
}

function oneOf<Value extends string>(known: readonly Value[], what: string, text: string): Value {
  const value = known.find((each) => each === text.toLowerCase());
  if (value !== undefined) return value;
  throw instructionError(`unsupported ${what} ${JSON.stringify(text)}${suggestWord(text, known)}`);
}

/** As Go's strconv.ParseBool. */
function parseBoolean(key: string, text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw instructionError(`invalid value for ${key}: ${text}`);
}

function parseNumber(key: 'mode' | 'uid' | 'gid', text: string): number {
  const isRight = key === 'mode' ? /^[0-7]{1,8}$/.test(text) : /^\d{1,9}$/.test(text);
  if (!isRight) throw instructionError(`invalid value ${text} for ${key}`);
  return Number.parseInt(text, key === 'mode' ? 8 : 10);
}

/** `64m`, `1.5GiB`: units of 1024, as Docker has them. */
function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) throw instructionError(`invalid value for size: ${text}`);
  return Math.floor(Number(number) * 1024 ** (unit === '' ? 0 : 'kmgtp'.indexOf(unit.toLowerCase()) + 1));
}
