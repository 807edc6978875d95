import assert from 'node:assert/strict';
import test from 'node:test';
import { parseBind } from './parse-bind.ts';

test('parseBind() reads source, target and options', () => {
  assert.deepEqual(parseBind('/a//b/:/c/../d:ro,z,rslave'), {
    mount: {
      type: 'bind',
      name: '',
      source: '/a/b',
      target: '/d',
      readOnly: true,
      mode: 'ro,z,rslave',
      propagation: 'rslave',
      makeSource: true,
    },
    noCopy: false,
  });
});

test('parseBind() takes what is no path for a volume’s name', () => {
  const { mount, noCopy } = parseBind('data:/x:nocopy,ro');
  assert.deepEqual(
    [mount.type, mount.name, mount.readOnly, mount.mode, noCopy],
    ['volume', 'data', true, 'nocopy,ro', true],
  );
  assert.equal(parseBind('data:/x').mount.mode, 'z');
});

/** What Docker 28.5 said of the same. */
const refusals: readonly (readonly [text: string, message: string])[] = [
  [
    'aa:b',
    `invalid volume specification: 'aa:b': invalid mount config for type "volume": invalid mount path: 'b' mount path must be absolute`,
  ],
  [
    '/x:/',
    `invalid volume specification: '/x:/': invalid mount config for type "bind": invalid specification: destination can't be '/'`,
  ],
  [
    '/x:y',
    `invalid volume specification: '/x:y': invalid mount config for type "bind": invalid mount path: 'y' mount path must be absolute`,
  ],
  [
    'v:/..',
    `invalid volume specification: 'v:/..': invalid mount config for type "volume": invalid specification: destination can't be '/'`,
  ],
  [
    '/x:/y:nocopy',
    `invalid volume specification: '/x:/y:nocopy': invalid mount config for type "bind": field VolumeOptions must not be specified`,
  ],
  [
    'v:/x:shared',
    `invalid volume specification: 'v:/x:shared': invalid mount config for type "volume": field BindOptions must not be specified`,
  ],
  ['/x:ro', `invalid volume specification: '/x:ro'`],
  ['/x:/y:what', 'invalid mode: what'],
  ['/x:/y:ro,rw', 'invalid mode: ro,rw'],
  ['/x:/y:Z,z', 'invalid mode: Z,z'],
  ['/x', `invalid volume specification: '/x'`],
  [':/x', `invalid volume specification: ':/x'`],
  ['/x:/y:ro:z', `invalid volume specification: '/x:/y:ro:z'`],
];

test('parseBind() refuses in Docker’s words', () => {
  for (const [text, message] of refusals) assert.throws(() => parseBind(text), { message }, text);
});
