import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { exampleImage, exampleRequest } from '../../test/support/container-request.ts';
import { filterContainers } from './container-filters.ts';
import { containerSpec } from './create-container.ts';
import type { Container } from './types.ts';

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

test('values that mean nothing are refused in Docker’s words, also where there is no container', () => {
  for (const [filters, message] of [
    [{ exited: ['x'] }, `invalid filter 'exited=x': strconv.Atoi: parsing "x": invalid syntax`],
    [
      { health: ['ill'] },
      "invalid filter 'health=ill': invalid value for health (ill): must be one of none, starting, healthy, unhealthy",
    ],
    [
      { publish: ['x'] },
      `error while looking up for publish x: strconv.ParseUint: parsing "x": invalid syntax`,
    ],
    [{ expose: ['1:2'] }, "filter for 'expose' should not contain ':': 1:2"],
    [{ 'is-task': ['perhaps'] }, "invalid filter 'is-task=[perhaps]'"],
  ] as const) {
    assert.throws(() => filterContainers([], filters, surroundings), { message });
  }
});

const container: Container = {
  id: 'c'.repeat(64),
  name: 'box',
  imageId: exampleImage.id,
  imageName: 'example',
  createdAt: 0,
  driver: 'erofs',
  spec: containerSpec('c'.repeat(64), exampleRequest(['true']), exampleImage),
  status: 'running',
  state: {},
};

test('ports, networks and ancestors are looked up', () => {
  const passes = (filters: Record<string, string[]>): boolean =>
    filterContainers([container], filters, {
      ...surroundings,
      networking: () => ({
        networks: [
          { name: 'back', id: 'abc123' },
          { name: 'side', id: 'def456' },
        ],
        ports: [{ inside: 80, outside: 8080, protocol: 'tcp' }],
      }),
      descendants: (image) => new Set(image === 'base' ? [container.imageId] : []),
    }).length === 1;
  assert.equal(passes({ publish: ['8000-8100'] }), true);
  assert.equal(passes({ publish: ['8080/udp'] }), false);
  assert.equal(passes({ expose: ['80'] }), true);
  assert.equal(passes({ expose: ['8080'] }), false);
  assert.equal(passes({ publish: ['1'], expose: ['80'] }), true);
  assert.equal(passes({ network: ['back'] }), true);
  assert.equal(passes({ network: ['abc'] }), true);
  assert.equal(passes({ network: ['side'] }), true);
  assert.equal(passes({ network: ['def456'] }), true);
  assert.equal(passes({ network: ['front'] }), false);
  assert.equal(passes({ ancestor: ['base'] }), true);
  assert.equal(passes({ ancestor: ['other'] }), false);
  assert.equal(passes({ health: ['none'] }), true);
  assert.equal(passes({ health: ['healthy'] }), false);
});
