import { spawnSync } from 'node:child_process';
import type { ByteString } from '../../src/base/byte-string.ts';
import type { TarEntryType } from '../../src/tar/entry.ts';

export interface PythonMember {
  readonly type: TarEntryType;
  readonly path: ByteString;
  readonly linkPath: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname: ByteString;
  readonly gname: ByteString;
  readonly size: number;
  readonly mtime: number;
  readonly devMajor: number;
  readonly devMinor: number;
  readonly sha256: string;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** Names come as latin-1 text of their bytes, as Lamella's ByteString has them. */
const lister = `
import hashlib, io, json, sys, tarfile
kinds = {b'0': 'file', b'\\0': 'file', b'7': 'file', b'S': 'file', b'1': 'hardlink', b'2': 'symlink', b'3': 'char', b'4': 'block', b'5': 'directory', b'6': 'fifo'}
text = lambda s: s.encode('utf-8', 'surrogateescape').decode('latin-1')
out = []
with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()), mode='r:', encoding='utf-8', errors='surrogateescape') as tar:
    for m in tar:
        isLink = m.islnk() or m.issym()
        content = tar.extractfile(m).read() if m.isreg() else b''
        out.append(dict(type=kinds[m.type], path=text(m.name), linkPath=text(m.linkname) if isLink else '', mode=m.mode, uid=m.uid, gid=m.gid,
            uname=text(m.uname), gname=text(m.gname), size=m.size, mtime=float(m.mtime), devMajor=m.devmajor if m.isdev() and not m.isfifo() else 0,
            devMinor=m.devminor if m.isdev() and not m.isfifo() else 0, sha256=hashlib.sha256(content).hexdigest(),
            xattrs={text(k[13:]): text(v) for k, v in m.pax_headers.items() if k.startswith('SCHILY.xattr.')}))
json.dump(out, sys.stdout)
`;

/** What Python's tarfile reads. */
export function pythonMembers(archive: Uint8Array): PythonMember[] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', lister], {
    input: archive,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString('utf8')) as PythonMember[];
}

export function hasPython(): boolean {
  return spawnSync('python3', ['-c', 'import tarfile']).status === 0;
}
