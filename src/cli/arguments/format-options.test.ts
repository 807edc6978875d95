import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { createOptions } from '../commands/container/create-options.ts';
import { formatOptions } from './format-options.ts';
import { parseOptions } from './parse-options.ts';

const words = fc.oneof(
  ...Object.entries(createOptions).map(([name, option]) => {
    if (option.kind === 'flag') return fc.constantFrom(`--${name}`, `--${name}=false`);
    if (option.kind === 'integer') return fc.nat(1000).map((value) => `--${name}=${value}`);
    if (option.kind === 'bytes')
      return fc.constantFrom('1g', '512m', '7').map((value) => `--${name}=${value}`);
    if (option.kind === 'decimal')
      return fc.constantFrom('1.5', '2', '0.25').map((value) => `--${name}=${value}`);
    if (option.kind === 'duration')
      return fc.constantFrom('1m30s', '1.5s', '250ms', '0s').map((value) => `--${name}=${value}`);
    return fc.string().map((value) => `--${name}=a=${value}`);
  }),
);

test('formatOptions() writes what parseOptions() reads to the same values', () => {
  fc.assert(
    fc.property(fc.array(words), (args) => {
      let first;
      try {
        first = parseOptions(args, createOptions);
      } catch {
        // Some options have a form of their own.
        return;
      }
      const second = parseOptions(formatOptions(createOptions, first.values, first.given), createOptions);
      assert.deepEqual(second.values, first.values);
      assert.deepEqual(second.given, first.given);
    }),
  );
});
