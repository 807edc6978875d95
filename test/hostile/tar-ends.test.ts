import assert from 'node:assert/strict';
import test from 'node:test';
import { readTar } from '../../src/tar/read-tar.ts';
import { TarScanner } from '../../src/tar/scanner.ts';
import { archiveOf, gnuTarList, inChunks, rawMember, rawPax, scan } from '../support/tar-archive.ts';

const member = rawMember({ name: 'a' }, 'x'.repeat(700));
const truncated = { kind: 'corrupt', code: 'tar-truncated' };

test('an archive cut anywhere but at a place for a header is refused as truncated', () => {
  const archive = Buffer.concat([rawPax({ path: 'long' }), member]);
  for (let length = 1; length < archive.byteLength; length += 1) {
    assert.throws(() => scan(archive.subarray(0, length)), truncated, `cut at ${length}`);
  }
  assert.equal(scan(archive).length, 1);
});

test('a missing trailer is accepted, as Docker and GNU tar accept it', () => {
  assert.equal(scan(member).length, 1);
  assert.equal(gnuTarList(member)?.status ?? 0, 0);
});

test('half a trailer is accepted at the end of the file', () => {
  assert.equal(scan(Buffer.concat([member, Buffer.alloc(512)])).length, 1);
});

test('a trailer that is cut within a block is refused', () => {
  assert.throws(() => scan(Buffer.concat([member, Buffer.alloc(700)])), truncated);
});

test('an empty file is an archive without members', () => {
  assert.deepEqual(scan(Buffer.alloc(0)), []);
  assert.deepEqual(scan(archiveOf()), []);
});

test('whatever follows the trailer is ignored, a second archive too, as GNU tar ignores it', (t) => {
  for (const junk of [
    Buffer.from('junk'),
    Buffer.alloc(9000, 0xff),
    archiveOf(rawMember({ name: 'second' })),
  ]) {
    const archive = Buffer.concat([archiveOf(member), junk]);
    for (const chunkSize of [1, 512, 1 << 20]) {
      assert.deepEqual(
        scan(archive, chunkSize).map((entry) => entry.path),
        ['a'],
      );
    }
    const gnu = gnuTarList(archive);
    if (gnu === undefined) t.diagnostic('GNU tar is not on this machine: not compared with it');
    else assert.deepEqual(gnu.names, ['a']);
  }
});

test('bytesSeen counts what follows the trailer', () => {
  const archive = Buffer.concat([archiveOf(member), Buffer.alloc(9000, 1)]);
  const scanner = new TarScanner({ entry: () => {} });
  scanner.write(archive);
  assert.equal(scanner.bytesSeen, archive.byteLength);
});

test('a file that is no tar is refused, with what Docker says of it', () => {
  assert.throws(() => scan(Buffer.alloc(2048, 'not a tar\n')), {
    kind: 'corrupt',
    code: 'tar-header-invalid',
    message: /^archive\/tar: invalid tar header/,
  });
});

test('a wrong checksum is refused, a sum of signed characters accepted', () => {
  const wrong = rawMember({ name: 'a' });
  wrong[0] = 0x62;
  assert.throws(() => scan(wrong), { code: 'tar-header-invalid' });

  const name = Buffer.from('caf\u00e9');
  const signed = rawMember({ name });
  const high = name.filter((byte) => byte > 127).byteLength;
  const sum = Number.parseInt(signed.toString('latin1', 148, 154), 8) - 256 * high;
  signed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  assert.equal(scan(signed).length, 1);
});

test('an extended header with no member behind it is refused', () => {
  for (const archive of [
    rawPax({ path: 'x' }),
    archiveOf(rawPax({ path: 'x' })),
    archiveOf(rawMember({ type: 'L' }, 'x\0')),
  ]) {
    assert.throws(() => scan(archive), truncated);
  }
});

test('archives of several volumes are refused, a volume label is passed over', () => {
  for (const type of ['M', 'N']) {
    assert.throws(() => scan(archiveOf(rawMember({ type }))), {
      kind: 'unsupported',
      code: 'tar-unsupported',
    });
  }
  const labelled = archiveOf(rawMember({ name: 'label', type: 'V', magic: 'ustar  \0' }), member);
  assert.deepEqual(
    scan(labelled).map((entry) => entry.path),
    ['a'],
  );
});

test('readTar() gives the members in front of damage before it fails, whatever the chunks', async () => {
  const archive = Buffer.concat([member, rawMember({ name: 'b' }), Buffer.alloc(512, 1)]);
  for (const chunkSize of [100, archive.byteLength]) {
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const { entry } of readTar(inChunks(archive, chunkSize))) seen.push(entry.path);
      },
      { code: 'tar-header-invalid' },
    );
    assert.deepEqual(seen, ['a', 'b']);
  }
});
