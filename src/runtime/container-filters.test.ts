import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { filterContainers } from './container-filters.ts';

const surroundings = { all: [], now: 0 };

test('filterContainers() refuses keys and states that Docker does not know, whatever objects inherit', () => {
  for (const [filters, message] of [
    [{ colour: ['red'] }, "invalid filter 'colour'"],
    [{ constructor: ['x'] } as Record<string, string[]>, "invalid filter 'constructor'"],
    [{ status: ['running', 'asleep'] }, "invalid filter 'status=asleep'"],
  ] as const) {
    assert.throws(
      () => filterContainers([], filters, surroundings),
      (error) => isLamellaError(error, 'invalid') && error.message === message,
    );
  }
});
