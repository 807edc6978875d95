import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { toByteString } from '../../src/base/byte-string.ts';
import { formatTarHeader, tarPadding, tarTrailer } from '../../src/tar/writer.ts';

/** Dockerfiles whose results were recorded from BuildKit: test/builds/recorded.json, made by scripts/record-builds.ts. */
export interface BuildCase {
  readonly name: string;
  readonly dockerfile: string;
  /** Arguments before the context. */
  readonly args?: readonly string[];
  readonly context?: keyof typeof contexts;
  /** Text of `.dockerignore`. */
  readonly ignore?: string;
}

type Entry =
  | string
  | { readonly link: string }
  | { readonly hardlink: string }
  | { readonly archive: 'none' | 'gzip' | 'zstd' };

/** Folders by name: paths to what is there. A path that ends in a slash is a directory. */
const contexts: Readonly<
  Record<'usual' | 'links' | 'project' | 'archives', Readonly<Record<string, Entry>>>
> = {
  usual: {
    f1: '1\n',
    f2: '2\n',
    'd/x': 'x\n',
    'd/sub/y': 'y\n',
    'e/': '',
    lf: { link: 'f1' },
    ld: { link: 'd' },
    'd/up': { link: '../f1' },
    'd/hard': { hardlink: 'f1' },
  },
  links: {
    'lib/a': '1\n',
    'lib/k/': '',
    'usr/lib/': '',
    l: { link: 'usr/lib' },
    'l2/q': '3\n',
    dangling: { link: '/nowhere' },
    absolute: { link: '/lib/a' },
    out: { link: '../../../../etc/hostname' },
  },
  archives: {
    'a.tar': { archive: 'none' },
    'a.tgz': { archive: 'gzip' },
    'a.zst': { archive: 'zstd' },
    'a.gz': 'not really\n',
    f: 'f\n',
    'tree/lib': { link: 'usr/lib' },
    'tree/usr/lib/x': 'x\n',
  },
  project: {
    'src/main.c': 'int main;\n',
    'src/lib/util.c': '/* */\n',
    'src/lib/util.test.c': '\n',
    'docs/a.md': '# a\n',
    'docs/b.txt': 'b\n',
    'node_modules/x/index.js': '\n',
    'README.md': '# r\n',
    '.hidden': 'h\n',
    'with space/a b.txt': 's\n',
  },
};

const modes: Readonly<Record<string, number>> = { d: 0o700, f1: 0o640, f2: 0o4755 };

function compressed(compression: 'none' | 'gzip' | 'zstd'): Uint8Array {
  if (compression === 'gzip') return gzipSync(archive);
  return compression === 'zstd' ? zstdCompressSync(archive) : archive;
}

/** A directory, files with owners and times, links of both kinds, one that leads out, and a name that does. */
const archive = Buffer.concat(
  (
    [
      { type: 'directory', path: 'dir/', mode: 0o750, uid: 3, gid: 4 },
      { type: 'file', path: 'dir/file', mode: 0o640, uid: 3, gid: 4, size: 3 },
      { type: 'hardlink', path: 'dir/hard', linkPath: 'dir/file', mode: 0o640, uid: 3, gid: 4 },
      { type: 'symlink', path: 'dir/link', linkPath: '../../etc/passwd', mode: 0o777 },
      { type: 'file', path: 'lib/y', mode: 0o4755, size: 3 },
      { type: 'file', path: './dot', size: 3 },
    ] as const
  )
    .flatMap((member) => {
      const header = formatTarHeader({
        ...member,
        linkPath: toByteString('linkPath' in member ? member.linkPath : ''),
        path: toByteString(member.path),
        mtime: { seconds: 1_000_000, nanoseconds: 0 },
      });
      return 'size' in member ? [header, Buffer.from('abc'), tarPadding(3)] : [header];
    })
    .concat([tarTrailer]),
);

export function makeContext(folder: string, { context = 'usual', ignore }: BuildCase): void {
  const entries: Readonly<Record<string, Entry>> = contexts[context];
  for (const [path, entry] of Object.entries(entries)) {
    const full = join(folder, path);
    mkdirSync(path.endsWith('/') ? full : dirname(full), { recursive: true });
    if (typeof entry !== 'string') {
      if ('archive' in entry) writeFileSync(full, compressed(entry.archive));
      else if ('link' in entry) symlinkSync(entry.link, full);
      else linkSync(join(folder, entry.hardlink), full);
    } else if (!path.endsWith('/')) writeFileSync(full, entry, { mode: 0o644 });
  }
  for (const [path, mode] of Object.entries(modes))
    if (context === 'usual') chmodSync(join(folder, path), mode);
  if (ignore !== undefined) writeFileSync(join(folder, '.dockerignore'), ignore);
}

function onScratch(lines: readonly string[], more: Omit<BuildCase, 'name' | 'dockerfile'> = {}): BuildCase[] {
  return lines.map((line) => ({ name: line, dockerfile: `FROM scratch\n${line}\n`, ...more }));
}

const keep = 'COPY f1 /\n';

/** Every one is built by BuildKit once, and by Lamella at each run of the tests. */
export const buildCases: readonly BuildCase[] = [
  ...onScratch([
    'COPY f1 /a',
    'COPY f1 /a/',
    'COPY f1 f2 /a',
    'COPY f1 f2 /a/',
    'COPY d /a',
    'COPY d /a/',
    'COPY d/ /',
    'COPY d/. /a',
    'COPY ld /a',
    'COPY lf /a',
    'COPY lf /a/',
    'COPY d/up /a',
    'COPY f1 /x/y/z',
    'COPY --chown=5:6 f1 /x/y/z',
    'COPY --chown=77 f1 /x/',
    'COPY --chown=5:6 --chmod=711 d /q/r',
    'COPY --chmod=0600 d /q',
    'COPY --chmod=g=u,o-r,a+X d /a/',
    'COPY --chmod=888 d /a/',
    'COPY f* nothing* /a/',
    'COPY nothing /a/',
    'COPY f1/x /a',
    'COPY f1/ /a',
    'COPY . /',
    'COPY . /deep/er/',
    'COPY d d/x f1 /a/',
    'COPY ../f1 /a/',
    'COPY /f1 /a/',
    'COPY d/* /a/',
    'COPY [f]? /a/',
    'COPY ["f1", "/a b/"]',
    'COPY "f1" /a/',
    'COPY e /a',
    'COPY f1 .',
    'COPY f1 ./',
    'COPY f1 ..',
    'COPY f1 a/../b',
    'COPY --exclude=x --exclude=sub/y d /a/',
    'COPY --exclude=**/y d /a/',
    'COPY --exclude=d/sub --exclude=f1 --exclude=l* . /a/',
    'COPY f1 /a\nCOPY d /a',
    'COPY d /a\nCOPY f1 /a',
    'COPY d /a\nCOPY f1 /a/sub',
    'COPY f1 /a/sub\nCOPY d /a',
    'COPY f1 /a/x/\nCOPY d /a/',
    'COPY d /a/b\nCOPY f1 /a\nCOPY f1 /a/b/sub/y',
    'COPY --chown=1:1 d /a\nCOPY d /a',
    'WORKDIR /w/v\nCOPY f1 .\nCOPY f2 g',
    'WORKDIR /\nWORKDIR a\nWORKDIR ../b\nCOPY f1 ../c/',
    'USER 5\nWORKDIR /w\nCOPY f1 .',
    'COPY <<EOF /x/y\nhi $HOME\nEOF',
    'ENV A=1\nCOPY <<EOF /x\n$A \\$A "q"\nEOF',
    'ENV A=1\nCOPY <<"EOF" /x\n$A\nEOF',
    'COPY <<-EOF /x\n\tone\n\t\ttwo\n\tEOF',
    'COPY --chmod=700 <<a <<b f1 /x/\n1\na\n2\nb',
    'ADD f1 /a/',
    'ADD --chown=3 d /y',
    'ARG S=f1 D=/t\nCOPY $S ${D}/${S}x',
    'ENV S=f2\nARG S=f1\nCOPY $S /',
  ]),
  ...onScratch(
    [
      'COPY lib /lib/\nCOPY l /lib',
      'COPY . /\nCOPY lib /l/',
      'COPY . /\nCOPY lib/a /l/',
      'COPY . /\nCOPY lib/a /dangling',
      'COPY dangling /x/',
      'COPY absolute /x/',
      'COPY out /x/',
      'COPY l* /x/',
    ],
    { context: 'links' },
  ),
  ...onScratch(
    ['COPY --from=b /l /x', 'COPY --from=b /l* /x/', 'COPY --from=0 / /', 'COPY --from=b lib/a /'].map(
      (line) => `COPY lib/k /k\n${line}`,
    ),
    { context: 'links' },
  ).map((each) => ({ ...each, dockerfile: `FROM scratch AS b\nCOPY . /\n${each.dockerfile}` })),
  ...[
    'node_modules',
    '*',
    '*\n!src',
    '**/*.md\n!README.md',
    'src\n!src/lib/*.c\nsrc/lib/*.test.c',
    '# comment\n\n  docs  \n',
    '.*',
    '/docs/\nsrc/**',
    '*.md\n*.txt',
    'with space',
    '**',
    'docs/*\n!docs/a.md',
  ].map((ignore) => ({
    name: `ignore ${JSON.stringify(ignore)}`,
    dockerfile: 'FROM scratch\nCOPY . /\n',
    context: 'project' as const,
    ignore,
  })),
  ...onScratch(
    [
      'ADD a.tar /',
      'ADD a.tar /x',
      'ADD a.tgz /x/',
      'ADD a.zst /x/',
      'ADD --chown=8:9 a.tar /x/y/',
      'ADD --unpack=false a.tar /x/',
      'ADD a.gz /x/',
      'ADD a.tar f /x/',
      'ADD a.* /x/',
      'ADD tree /\nADD a.tar /',
      'COPY a.tar /x/',
      'WORKDIR /w\nADD a.tar .',
    ],
    { context: 'archives' },
  ),
  ...onScratch(['COPY ["with space/a b.txt", "/to here/"]', 'COPY with\\ space /x', 'COPY *.md .h* /x/'], {
    context: 'project',
  }),
  ...onScratch(
    [
      'ENV A=1 B="two words" C=$A\nENV D=$A$B E=\'$A\'',
      'ENV A b c',
      'ENV PATH=/x:$PATH',
      'LABEL a=1 b.c="d e"\nLABEL a=2',
      'EXPOSE 80 53/udp 1000-1002',
      'VOLUME /a /b\nVOLUME ["/c d"]',
      'USER a:b',
      'CMD echo $HOME',
      'CMD ["a","b c"]',
      'ENTRYPOINT ["x"]\nCMD ["y"]',
      'CMD ["y"]\nENTRYPOINT ["x"]',
      'SHELL ["/bin/bash","-o","pipefail","-c"]\nCMD a | b',
      'STOPSIGNAL SIGUSR1',
      'STOPSIGNAL FOO',
      'HEALTHCHECK --interval=5s --timeout=1m --retries=2 CMD curl x',
      'HEALTHCHECK NONE',
      'MAINTAINER me <me@example.org>',
      'ONBUILD COPY f1 /x',
      'WORKDIR /a/b\nWORKDIR ../c',
      'ARG A=1\nENV B=$A\nENV C=${A:-x} D=${U:-x}',
      'ENTRYPOINT top -b',
      'ENV a=${b:?no}',
      'EXPOSE 80/foo',
      'ENV',
      'ENV a=b c',
      'LABEL a',
      'FOO x',
      'COPY a',
      'CMD',
      'SHELL a',
      'VOLUME []',
      'WORKDIR $X',
      'USER $X',
    ].map((line) => `${keep}${line}`),
  ),
  {
    name: 'arguments before FROM',
    dockerfile: 'ARG B=scratch\nARG V=1\nFROM $B\nARG V\nARG W=$V\nCOPY f1 /$V$W\nENV V=$V W=$W',
  },
  {
    name: 'arguments from outside',
    dockerfile: 'ARG V=1\nFROM scratch\nARG V\nARG W=2\nENV V=$V W=$W U=$U\nCOPY f1 /\n',
    args: ['--build-arg', 'V=9', '--build-arg', 'W=8', '--build-arg', 'U=7'],
  },
  {
    name: 'a target in the middle',
    dockerfile: 'FROM scratch AS one\nCOPY f1 /\nFROM one AS two\nCOPY f2 /\nFROM scratch\nCOPY d /\n',
    args: ['--target', 'two'],
  },
  {
    name: 'a target by number',
    dockerfile: 'FROM scratch\nCOPY f1 /\nFROM scratch\nCOPY f2 /\n',
    args: ['--target', '0'],
  },
  { name: 'an unknown target', dockerfile: 'FROM scratch\nCOPY f1 /\n', args: ['--target', 'x'] },
  {
    name: 'a broken stage that nobody needs',
    dockerfile: 'FROM scratch AS broken\nCOPY nothing /\nFROM scratch\nCOPY f1 /\n',
  },
  {
    name: 'what a stage inherits',
    dockerfile:
      'FROM scratch AS a\nARG X=1\nENV E=1\nCMD ["x"]\nWORKDIR /w\nFROM a\nENV Y=$X$E\nENTRYPOINT ["e"]\nCOPY f1 .\n',
  },
  {
    name: 'ONBUILD of a stage',
    dockerfile: 'FROM scratch AS a\nONBUILD COPY f1 /on\nONBUILD ENV O=1\nFROM a\nCOPY f2 /\n',
  },
  {
    name: 'platform arguments',
    dockerfile: 'FROM scratch\nARG TARGETOS TARGETARCH\nENV P=$TARGETOS/$TARGETARCH\nCOPY f1 /\n',
  },
  {
    name: 'labels from outside',
    dockerfile: `FROM scratch\nLABEL a=1 b=2\n${keep}`,
    args: ['--label', 'a=3', '--label', 'c'],
  },
  {
    name: 'an escape of its own',
    dockerfile: '# escape=`\nFROM scratch\nCOPY f1 `\n  /x\nENV A=`$B C=a\\b\n',
  },
  { name: 'a base without a name', dockerfile: 'FROM ${X}\nCOPY f1 /\n' },
  {
    name: '--from with a variable',
    dockerfile: 'FROM scratch AS a\nCOPY f1 /\nFROM scratch\nARG X=a\nCOPY --from=$X / /\n',
  },
  { name: 'nothing at all', dockerfile: '' },
  { name: 'only a comment', dockerfile: '# hello\n' },
  { name: 'no FROM', dockerfile: 'RUN x\n' },
  {
    name: 'comments and blank lines within',
    dockerfile: 'FROM scratch\nENV A=1 \\\n# not this\n\n  B=2\nCOPY f1 /\n',
  },
];
