import assert from 'node:assert/strict';
import test from 'node:test';
import { expandSparse } from '../../src/tar/expand-sparse.ts';
import { archiveOf, inChunks, rawMember, rawPax, readMembers, scan } from '../support/tar-archive.ts';

function octal(value: number): string {
  return `${value.toString(8).padStart(11, '0')}\0`;
}

type Runs = readonly (readonly [offset: number, length: number])[];

function oldSparse(runs: Runs, size: number, content: Uint8Array): Buffer {
  const text = runs.map(([offset, length]) => octal(offset) + octal(length)).join('');
  return archiveOf(
    rawMember({ name: 's', type: 'S', magic: 'ustar  \0', patch: { 386: text, 483: octal(size) } }, content),
  );
}

function pax00(runs: Runs, size: number, content: Uint8Array): Buffer {
  const records: Buffer[] = [];
  const add = (key: string, value: number): void => {
    const rest = ` ${key}=${value}\n`.length;
    records.push(Buffer.from(`${rest + 2} ${key}=${value}\n`));
  };
  add('GNU.sparse.size', size);
  for (const [offset, length] of runs) {
    add('GNU.sparse.offset', offset);
    add('GNU.sparse.numbytes', length);
  }
  return archiveOf(rawMember({ type: 'x' }, Buffer.concat(records)), rawMember({ name: 's' }, content));
}

function pax01(runs: Runs, size: number, content: Uint8Array): Buffer {
  return archiveOf(
    rawPax({
      'GNU.sparse.size': String(size),
      'GNU.sparse.numblocks': String(runs.length),
      'GNU.sparse.name': 's',
      'GNU.sparse.map': runs.flat().join(','),
    }),
    rawMember({ name: 'GNUSparseFile.1/s' }, content),
  );
}

function pax10(runs: Runs, size: number, content: Uint8Array): Buffer {
  const map = Buffer.from([runs.length, ...runs.flat()].map((value) => `${value}\n`).join(''));
  const stored = Buffer.concat([map, Buffer.alloc(-map.byteLength & 511), content]);
  return archiveOf(
    rawPax({
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 's',
      'GNU.sparse.realsize': String(size),
    }),
    rawMember({ name: 'GNUSparseFile.1/s' }, stored),
  );
}

const forms = { 'old GNU': oldSparse, 'pax 0.0': pax00, 'pax 0.1': pax01, 'pax 1.0': pax10 };

for (const [form, make] of Object.entries(forms)) {
  test(`${form}: a sparse file has the content that its map says, in pieces of any size`, async () => {
    const content = Buffer.concat([Buffer.alloc(512, 'a'), Buffer.alloc(100, 'b')]);
    const archive = make([[1024, 512], [4096, 100]], 5000, content); // prettier-ignore
    for (const chunkSize of [1, 513, 1 << 20]) {
      const [member] = await readMembers(archive, chunkSize);
      const expected = Buffer.alloc(5000);
      content.copy(expected, 1024, 0, 512);
      content.copy(expected, 4096, 512);
      assert.ok(member);
      assert.ok(member.content.equals(expected));
      assert.equal(member.entry.path, 's');
      assert.equal(member.entry.size, 5000);
      assert.equal(member.entry.storedSize, 612);
      assert.equal(member.entry.dataOffset % 512, 0);
      assert.deepEqual(archive.subarray(member.entry.dataOffset).subarray(0, 612), content);
    }
  });

  test(`${form}: a file of 8 PB out of 512 bytes costs no memory and no time`, async () => {
    const archive = make([[0, 512]], form === 'old GNU' ? 2 ** 32 : 2 ** 53 - 1, Buffer.alloc(512, 'a'));
    const [entry] = scan(archive);
    assert.ok(entry);
    assert.equal(entry.storedSize, 512);
    const before = process.memoryUsage().arrayBuffers;
    let seen = 0;
    for await (const piece of expandSparse(entry, inChunks(Buffer.alloc(512, 'a')))) {
      seen += piece.byteLength;
      if (seen > 2 ** 33 || seen === entry.size) break;
    }
    assert.ok(seen >= 2 ** 32);
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 << 20);
  });

  for (const [what, runs, size, stored] of [
    [
      'runs out of order',
      [
        [1024, 512],
        [0, 512],
      ],
      2048,
      1024,
    ],
    [
      'runs that overlap',
      [
        [0, 512],
        [256, 512],
      ],
      2048,
      1024,
    ],
    [
      'a run behind the end of the file',
      [
        [0, 512],
        [4096, 512],
      ],
      2048,
      1024,
    ],
    ['a run that ends behind the end of the file', [[0, 512]], 100, 512],
    [
      'more in its map than is stored',
      [
        [0, 512],
        [1024, 512],
      ],
      2048,
      512,
    ],
    ['less in its map than is stored', [[0, 512]], 2048, 1024],
  ] as const) {
    // prettier-ignore
    test(`${form}: ${what} are refused`, () => {
      assert.throws(() => scan(make(runs, size, Buffer.alloc(stored, 'a'))), {
        kind: 'corrupt',
        code: 'tar-header-invalid',
      });
    });
  }

  test(`${form}: a run that ends within a block while another follows is refused: readers disagree about it`, () => {
    const archive = make([[0, 100], [1024, 512]], 2048, Buffer.alloc(612)); // prettier-ignore
    assert.throws(() => scan(archive), { code: 'tar-ambiguous' });
  });

  test(`${form}: a file that is one hole holds zeros`, async () => {
    const [member] = await readMembers(make([[3000, 0]], 3000, Buffer.alloc(0)));
    assert.ok(member);
    assert.ok(member.content.equals(Buffer.alloc(3000)));
    assert.deepEqual(member.entry.sparse, []);
  });
}

test('a sparse map without an end is refused when it is longer than the limit', () => {
  const lines = Buffer.from(`1000000\n${'1\n'.repeat(2 << 20)}`);
  const archive = archiveOf(
    rawPax({
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 's',
      'GNU.sparse.realsize': '1',
    }),
    rawMember({ name: 's' }, lines),
  );
  assert.throws(() => scan(archive), { code: 'tar-header-too-large' });
});

test('old GNU extension blocks without an end are refused when they are more than the limit', () => {
  const extension = Buffer.alloc(512);
  extension.write((octal(0) + octal(0)).repeat(21), 0, 'latin1');
  extension[504] = 1;
  const header = rawMember({
    name: 's',
    type: 'S',
    magic: 'ustar  \0',
    patch: { 386: (octal(0) + octal(0)).repeat(4), 482: '\x01', 483: octal(10) },
  });
  const archive = Buffer.concat([header, ...Array.from({ length: 10_000 }, () => extension)]);
  assert.throws(() => scan(archive), { code: 'tar-header-too-large' });
});

for (const [what, records, content] of [
  ['no size', { 'GNU.sparse.map': '0,512' }, 512],
  ['a map that holds words', { 'GNU.sparse.size': '512', 'GNU.sparse.map': '0,zero' }, 512],
  ['a map of three numbers', { 'GNU.sparse.size': '512', 'GNU.sparse.map': '0,512,5' }, 512],
  [
    'an unknown version',
    { 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '5' },
    512,
  ],
  [
    'a map longer than its content',
    { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '5' },
    0,
  ],
] as const) {
  test(`a sparse file with ${what} is refused`, () => {
    const archive = archiveOf(
      rawPax(records),
      rawMember({ name: 's' }, Buffer.alloc(content)),
      Buffer.alloc(2048),
    );
    assert.throws(() => scan(archive), { kind: 'corrupt', code: 'tar-header-invalid' });
  });
}
