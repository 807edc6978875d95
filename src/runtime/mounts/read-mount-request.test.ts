import assert from 'node:assert/strict';
import test from 'node:test';
import type { MountRequest } from '../host-config.ts';
import { readMountRequest } from './read-mount-request.ts';

const request = (changes: Partial<MountRequest> | { Type: string }): MountRequest =>
  ({ Type: 'bind', Source: '/tmp', Target: '/a', ReadOnly: false, ...changes }) as MountRequest;
const read = (changes: Parameters<typeof request>[0]): ReturnType<typeof readMountRequest> =>
  readMountRequest(request(changes), (path) => path === '/tmp');

test('readMountRequest() writes a tmpfs’s options as Docker does', () => {
  const options = (TmpfsOptions: object, ReadOnly = false): string | undefined =>
    read({ Type: 'tmpfs', Source: '', ReadOnly, TmpfsOptions }).options;
  assert.equal(options({ SizeBytes: 3 << 20, Mode: 0o1770 }, true), 'ro,mode=1770,size=3m');
  assert.equal(options({ SizeBytes: 2 ** 30 }), 'size=1g');
  assert.equal(options({ SizeBytes: 1025 }), 'size=1025');
  assert.equal(options({}), '');
});

test('readMountRequest() gives an image read-only, and makes no source unless asked to', () => {
  assert.equal(read({ Type: 'image', Source: 'debian:12' }).readOnly, true);
  assert.equal(read({}).makeSource, undefined);
  assert.equal(read({ Source: '/nope', BindOptions: { CreateMountpoint: true } }).makeSource, true);
});

/** What Docker 28.5 said of the same, behind `invalid mount config for type "…": `. */
const refusals: readonly (readonly [changes: Parameters<typeof request>[0], problem: string])[] = [
  [{ Type: 'x' }, 'mount type unknown'],
  [{ Source: '' }, 'field Source must not be empty'],
  [{ Source: '/nope/x' }, 'bind source path does not exist: /nope/x'],
  [{ Source: 'rel' }, "invalid mount path: 'rel' mount path must be absolute"],
  [{ Target: '/' }, "invalid specification: destination can't be '/'"],
  [{ Target: 'rel' }, "invalid mount path: 'rel' mount path must be absolute"],
  [{ Target: '' }, 'field Target must not be empty'],
  [{ BindOptions: { Propagation: 'x' } }, 'invalid propagation mode: x'],
  [{ VolumeOptions: {} }, 'field VolumeOptions must not be specified'],
  [{ Type: 'tmpfs' }, 'field Source must not be specified'],
  [{ Type: 'volume', Source: '', ReadOnly: true }, 'must not set ReadOnly mode when using anonymous volumes'],
  [
    { Type: 'volume', Source: '', VolumeOptions: { Subpath: 'x' } },
    'must not set Subpath when using anonymous volumes',
  ],
  [
    { Type: 'volume', Source: 'v', VolumeOptions: { Subpath: '../x' } },
    'subpath must be a relative path within the volume',
  ],
  [
    { Type: 'volume', Source: 'v', VolumeOptions: { Subpath: 'a/../../a' } },
    'subpath must be a relative path within the volume',
  ],
  [{ Type: 'image', Source: '' }, 'field Source must not be empty'],
  [{ Type: 'image', ImageOptions: { Subpath: '/x' } }, 'subpath must be a relative path within the volume'],
];

test('readMountRequest() refuses in Docker’s words', () => {
  for (const [changes, problem] of refusals) {
    const message = `invalid mount config for type ${JSON.stringify(request(changes).Type)}: ${problem}`;
    assert.throws(() => read(changes), { message });
  }
});
