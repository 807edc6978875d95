import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { readMembers } from '../support/tar-archive.ts';
import { hasPython, pythonMembers } from '../support/tar-python.ts';

/** Members at the edges of what each format can hold, written by Python's tarfile in the format named by the argument. */
const writer = `
import io, sys, tarfile
form = dict(ustar=tarfile.USTAR_FORMAT, gnu=tarfile.GNU_FORMAT, pax=tarfile.PAX_FORMAT)[sys.argv[1]]
out = io.BytesIO()
with tarfile.open(fileobj=out, mode='w', format=form, encoding='utf-8', errors='surrogateescape') as tar:
    def add(name, kind=tarfile.REGTYPE, content=b'', **fields):
        m = tarfile.TarInfo(name); m.type = kind; m.size = len(content)
        for k, v in fields.items(): setattr(m, k, v)
        tar.addfile(m, io.BytesIO(content))
    big = form != tarfile.USTAR_FORMAT
    add('plain', content=b'x' * 1000, mode=0o6755, uid=1000, gid=1001, uname='user', gname='group', mtime=1700000000)
    add('caf\\u00e9/\\u4f60\\u597d', content=b'1')
    add('invalid-\\udcff\\udcc3', content=b'2')
    add('a/' * 60 + 'n' * 90, content=b'3')
    add('dir', tarfile.DIRTYPE, mode=0o1777)
    add('link', tarfile.SYMTYPE, linkname='target')
    add('hard', tarfile.LNKTYPE, linkname='plain')
    add('char', tarfile.CHRTYPE, devmajor=1, devminor=3)
    add('block', tarfile.BLKTYPE, devmajor=259, devminor=70000)
    add('fifo', tarfile.FIFOTYPE)
    if big:
        add('long/' + 'n' * 250, content=b'4')
        add('longlink', tarfile.SYMTYPE, linkname='t/' * 200)
        add('ids', uid=3000000000, gid=4294967294)
        add('old', mtime=-86400)
    if form == tarfile.PAX_FORMAT:
        add('fraction', mtime=1.5)
        add('xattr', pax_headers={'SCHILY.xattr.user.x': 'v\\u00e9', 'comment': 'c'})
sys.stdout.buffer.write(out.getvalue())
`;

for (const format of ['ustar', 'gnu', 'pax']) {
  test(`archives that Python's tarfile writes as ${format} hold what Python reads from them`, async (t) => {
    if (!hasPython()) {
      t.skip('Python 3 is not on this machine');
      return;
    }
    const made = spawnSync('python3', ['-c', writer, format], { maxBuffer: 1 << 26 });
    assert.equal(made.status, 0, made.stderr.toString());
    const expected = pythonMembers(made.stdout);
    const members = await readMembers(made.stdout, 700);
    assert.ok(members.length >= 10);
    assert.equal(members.length, expected.length);
    for (const [index, { entry, content }] of members.entries()) {
      const { mtime, xattrs, sparse, dataOffset, storedSize, path, ...fields } = entry;
      const python = expected[index];
      assert.ok(python);
      const { mtime: pythonTime, xattrs: pythonXattrs, sha256, path: pythonPath, ...pythonFields } = python;
      assert.deepEqual(fields, pythonFields);
      assert.equal(path.replace(/\/$/, ''), pythonPath);
      assert.equal(mtime.seconds + mtime.nanoseconds / 1e9, pythonTime);
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
      const values = [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
      assert.deepEqual(Object.fromEntries(values), pythonXattrs);
      assert.deepEqual([sparse, storedSize, dataOffset % 512], [undefined, content.byteLength, 0]);
    }
  });
}
