import assert from 'node:assert/strict';
import test from 'node:test';
import { UsageError } from '../errors/cli-error.ts';
import { bytes, filter, flag, integer, list, text } from './options.ts';
import { parseOptions } from './parse-options.ts';

const help = { en: 'x', zh: '某' };
const table = {
  all: flag(help, { short: 'a' }),
  tty: flag(help, { short: 't', default: true }),
  name: text(help, { short: 'n' }),
  env: list(help, { short: 'e' }),
  filter: filter(help, { short: 'f' }),
  last: integer(help, { default: -1 }),
  memory: bytes(help, { short: 'm', alias: 'mem' }),
};
const parse = (line: string, stopAtPositional = false): ReturnType<typeof parseOptions> =>
  parseOptions(line.split(' ').filter(Boolean), table, { stopAtPositional });

test('options are read in every way that pflag reads them', () => {
  const { values, positional, given } = parse(
    '-at=false -nbox -e A=b --env C=d x --last=3 -f a=1 -f a=2 -f B=3 -m 1.5g y',
  );
  assert.deepEqual(values, {
    all: true,
    tty: false,
    name: 'box',
    env: ['A=b', 'C=d'],
    filter: { a: ['1', '2'], b: ['3'] },
    last: 3,
    memory: 1.5 * 1024 ** 3,
  });
  assert.deepEqual(positional, ['x', 'y']);
  assert.ok(!given.has('help') && given.has('name'));
});

test('a flag takes no next word, a dash alone is an argument, -- ends the options', () => {
  assert.deepEqual(parse('--all false - -- -z').positional, ['false', '-', '-z']);
});

test('run leaves what follows the image to the command', () => {
  const { positional, values } = parse('-a image -a --zz', true);
  assert.deepEqual(positional, ['image', '-a', '--zz']);
  assert.equal(values['all'], true);
});

test('-h asks for help only where it means nothing else', () => {
  assert.ok(parse('-h').help);
  const own = { hostname: text(help, { short: 'h' }) };
  assert.equal(parseOptions(['-h', 'x'], own).values['hostname'], 'x');
});

for (const [line, message] of [
  ['-z', "unknown shorthand flag: 'z' in -z"],
  ['-az', "unknown shorthand flag: 'z' in -az"],
  ['--zz=1', 'unknown flag: --zz'],
  ['--__proto__', 'unknown flag: --__proto__'],
  ['-n', "flag needs an argument: 'n' in -n"],
  ['--name', 'flag needs an argument: --name'],
  ['--all=x', 'invalid argument "x" for "-a, --all" flag: strconv.ParseBool: parsing "x": invalid syntax'],
  ['--last 1x', 'invalid argument "1x" for "--last" flag: strconv.ParseInt: parsing "1x": invalid syntax'],
  ['-m 5q', 'invalid argument "5q" for "-m, --memory" flag: invalid suffix: \'q\''],
] as const) {
  test(`"${line}" is refused in pflag's words`, () => {
    assert.throws(
      () => parse(line),
      (error) => error instanceof UsageError && error.message === message,
    );
  });
}
