import * as fc from 'fast-check';
import type { ByteString } from '../../src/base/byte-string.ts';
import type { TarEntry, TarTime } from '../../src/tar/entry.ts';
import { formatTarHeader, type TarMember, tarPadding, tarTrailer } from '../../src/tar/writer.ts';

export interface MemberToWrite {
  readonly member: TarMember;
  readonly content: Buffer;
}

const anyByte = (leaveOut: readonly number[]): fc.Arbitrary<number> =>
  fc.integer({ min: 1, max: 255 }).filter((byte) => !leaveOut.includes(byte));

function bytesOf(byte: fc.Arbitrary<number>, maxLength: number, minLength = 1): fc.Arbitrary<ByteString> {
  return fc
    .array(byte, { minLength, maxLength, size: 'max' })
    .map((bytes) => Buffer.from(bytes).toString('latin1') as ByteString);
}

const plainByte = fc.constantFrom(...Buffer.from('abcdefgXYZ0189._-'));
const component = fc
  .oneof(
    { weight: 6, arbitrary: bytesOf(plainByte, 12) },
    { weight: 2, arbitrary: bytesOf(plainByte, 255) },
    { weight: 2, arbitrary: bytesOf(anyByte([0x2f]), 40) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...['caf\u00c3\u00a9', '%d/=', 'a=b', 'a\nb'].map((text) => text.replace('/', '')),
      ),
    },
  )
  .map((text) => text as ByteString);
const path = fc
  .array(component, { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join('/') as ByteString)
  .filter((text) => text.length < 2000 && !/(?:^|\/)\.{1,2}(?:$|\/)/.test(text));

const id = fc.oneof(fc.integer({ min: 0, max: 2 ** 21 }), fc.integer({ min: 0, max: 2 ** 32 - 2 }));
const time: fc.Arbitrary<TarTime> = fc.record({
  seconds: fc.oneof(
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 34 }),
    fc.constantFrom(-1, 0, 8 ** 11 - 1, 8 ** 11),
  ),
  nanoseconds: fc.oneof(
    fc.constantFrom(0, 1, 500_000_000, 999_999_999),
    fc.integer({ min: 0, max: 999_999_999 }),
  ),
});
const xattrs = fc
  .array(
    fc.tuple(
      bytesOf(anyByte([0x3d, 0x0a]), 20).map((text) => `user.${text}` as ByteString),
      fc.uint8Array({ maxLength: 60 }),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => new Map(pairs));
const device = fc.integer({ min: 0, max: 4095 });

const common = {
  path,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: id,
  gid: id,
  uname: fc.oneof(bytesOf(plainByte, 40, 0), bytesOf(anyByte([]), 10, 0)),
  gname: fc.oneof(bytesOf(plainByte, 40, 0), bytesOf(anyByte([]), 10, 0)),
  mtime: time,
  xattrs,
};

/** Members of every type with everything that a header can hold, content included. */
export const anyMember: fc.Arbitrary<MemberToWrite> = fc
  .oneof(
    fc.record({ ...common, type: fc.constant('file' as const) }),
    fc.record({ ...common, type: fc.constantFrom('directory' as const, 'fifo' as const) }),
    fc.record({ ...common, type: fc.constantFrom('symlink' as const, 'hardlink' as const), linkPath: path }),
    fc.record({
      ...common,
      type: fc.constantFrom('char' as const, 'block' as const),
      devMajor: device,
      devMinor: device,
    }),
  )
  .chain((member) =>
    (member.type === 'file' ? fc.uint8Array({ maxLength: 1500 }) : fc.constant(new Uint8Array())).map(
      (content) => ({
        member: { ...member, size: content.byteLength },
        content: Buffer.from(content),
      }),
    ),
  );

export function writeArchive(members: readonly MemberToWrite[]): Buffer {
  return Buffer.concat([
    ...members.flatMap(({ member, content }) => [
      formatTarHeader(member),
      content,
      tarPadding(content.byteLength),
    ]),
    tarTrailer,
  ]);
}

/** What the scanner must say of a written member, apart from the place of its content. */
export function expectedEntry({ member, content }: MemberToWrite): Omit<TarEntry, 'dataOffset'> {
  const none = '' as ByteString;
  const isDirectory = member.type === 'directory';
  return {
    type: member.type,
    path: (isDirectory && !member.path.endsWith('/') ? `${member.path}/` : member.path) as ByteString,
    linkPath: member.linkPath ?? none,
    mode: member.mode ?? (isDirectory ? 0o755 : 0o644),
    uid: member.uid ?? 0,
    gid: member.gid ?? 0,
    uname: member.uname ?? none,
    gname: member.gname ?? none,
    size: content.byteLength,
    mtime: { seconds: 0, nanoseconds: 0, ...member.mtime },
    devMajor: member.devMajor ?? 0,
    devMinor: member.devMinor ?? 0,
    xattrs: new Map([...(member.xattrs ?? [])].map(([name, value]) => [name, Buffer.from(value)])),
    storedSize: content.byteLength,
    sparse: undefined,
  };
}
