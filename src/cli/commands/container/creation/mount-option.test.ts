import assert from 'node:assert/strict';
import test from 'node:test';
import { UsageError } from '../../../errors/cli-error.ts';
import { parseMountOption } from './mount-option.ts';

const parse = (text: string): ReturnType<typeof parseMountOption> => parseMountOption(text, '/home/jane');

test('parseMountOption() reads all that Docker’s --mount takes', () => {
  const plain = { Type: 'bind', Source: '/tmp', Target: '/a', ReadOnly: false };
  assert.deepEqual(parse('type=bind,src=/tmp,dst=/a'), plain);
  assert.deepEqual(parse('Type=BIND,SOURCE=/tmp,destination=/a,readonly=false'), plain);
  assert.deepEqual(parse('type=bind,src=./x,target=/a,ro,consistency=cached'), {
    ...plain,
    Source: '/home/jane/x',
    ReadOnly: true,
  });
  assert.deepEqual(parse('type=bind,src=.,dst=/a,ro=1,bind-recursive=readonly,bind-propagation=rprivate'), {
    ...plain,
    Source: '/home/jane',
    ReadOnly: true,
    BindOptions: { ReadOnlyForceRecursive: true, Propagation: 'rprivate' },
  });
  assert.deepEqual(parse('type=bind,src=/tmp,dst=/a,bind-nonrecursive,bind-create-src').BindOptions, {
    NonRecursive: true,
    CreateMountpoint: true,
  });
  assert.deepEqual(parse('dst=/a'), { Type: 'volume', Source: '', Target: '/a', ReadOnly: false });
  assert.deepEqual(
    parse(
      'src=v,dst=/a,volume-nocopy,volume-subpath=x/y,volume-label=a=b=c,volume-label=d,volume-opt=type=nfs,"volume-opt=o=a,b"',
    ).VolumeOptions,
    {
      NoCopy: true,
      Subpath: 'x/y',
      Labels: { a: 'b=c', d: '' },
      DriverConfig: { Name: '', Options: { type: 'nfs', o: 'a,b' } },
    },
  );
  assert.deepEqual(parse('type=tmpfs,dst=/a,tmpfs-size=1m,tmpfs-mode=1770').TmpfsOptions, {
    SizeBytes: 1 << 20,
    Mode: 0o1770,
  });
  assert.deepEqual(parse('type=image,src=debian:12,dst=/a,image-subpath=etc').ImageOptions, {
    Subpath: 'etc',
  });
});

/** What Docker 28.5 printed for the same command lines. */
const refusals: readonly (readonly [text: string, problem: string])[] = [
  ['', 'EOF'],
  [' ', "invalid field ' ' must be a key=value pair"],
  ['foo', "invalid field 'foo' must be a key=value pair"],
  ['foo=bar', "unexpected key 'foo' in 'foo=bar'"],
  ['constructor=x', "unexpected key 'constructor' in 'constructor=x'"],
  ['type=', 'type is required'],
  ['type=bind,src=/tmp', 'target is required'],
  ['type=bind,src=/tmp,dst=/a,ro=x', 'invalid value for ro: x'],
  [
    'type=bind,src=/tmp,dst=/a,bind-recursive=x',
    'invalid value for bind-recursive: x (must be "enabled", "disabled", "writable", or "readonly")',
  ],
  [
    'type=bind,src=/tmp,dst=/a,bind-recursive=writable',
    "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction",
  ],
  [
    'type=bind,src=/tmp,dst=/a,bind-recursive=readonly',
    "option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction",
  ],
  [
    'type=bind,src=/tmp,dst=/a,bind-recursive=readonly,ro',
    "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction",
  ],
  ['type=bind,src=/tmp,dst=/a,volume-nocopy', "cannot mix 'volume-*' options with mount type 'bind'"],
  ['type=volume,dst=/a,bind-propagation=shared', "cannot mix 'bind-*' options with mount type 'volume'"],
  ['type=volume,dst=/a,tmpfs-size=1', "cannot mix 'tmpfs-*' options with mount type 'volume'"],
  ['type=bind,src=/tmp,dst=/a,image-subpath=x', "cannot mix 'image-*' options with mount type 'bind'"],
  ['type=tmpfs,dst=/a,tmpfs-size=x', 'invalid value for tmpfs-size: x'],
  ['type=tmpfs,dst=/a,tmpfs-size=-1', 'invalid value for tmpfs-size: -1'],
  ['type=tmpfs,dst=/a,tmpfs-mode=9', 'invalid value for tmpfs-mode: 9'],
  ['type=volume,src=vmv,dst=/a,volume-nocopy=x', 'invalid value for volume-nocopy: x'],
  [
    'type=bind,src=/tmp,dst=/a,"x',
    'parse error on line 1, column 29: extraneous or missing " in quoted-field',
  ],
];

test('parseMountOption() refuses in Docker’s words', () => {
  for (const [text, problem] of refusals) {
    const message = `invalid argument ${JSON.stringify(text)} for "--mount" flag: ${problem}`;
    assert.throws(
      () => parse(text),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.message, message);
        return true;
      },
      text,
    );
  }
});
