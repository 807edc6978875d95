import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { ChunkRecord, chunkSize } from './chunk-record.ts';

test('a record knows how far all is here, and what is missing next', () => {
  const record = new ChunkRecord(3 * chunkSize + 10);
  assert.deepEqual(record.claim(2), { start: 0, end: 2 * chunkSize });
  assert.deepEqual(record.claim(2), { start: 2 * chunkSize, end: 3 * chunkSize + 10 });
  assert.equal(record.claim(2), undefined);
  record.add({ start: 2 * chunkSize, end: 3 * chunkSize + 10 });
  assert.equal(record.frontier, 0);
  record.add({ start: 0, end: 100 });
  assert.equal(record.frontier, 100);
  assert.equal(record.received, chunkSize + 110);
  record.release({ start: 0, end: 2 * chunkSize });
  assert.deepEqual(record.claim(9), { start: 100, end: 2 * chunkSize });
  record.add({ start: 100, end: 2 * chunkSize });
  assert.equal(record.frontier, record.size);
});

test('what another process left is gone on with; what cannot be right counts as nothing', () => {
  const record = new ChunkRecord(2 * chunkSize);
  record.add({ start: 0, end: 500 });
  assert.equal(new ChunkRecord(2 * chunkSize, record.bytes).frontier, 500);
  assert.equal(new ChunkRecord(9 * chunkSize, record.bytes).received, 0);
  const wrong = Buffer.alloc(8, 0xff);
  assert.equal(new ChunkRecord(2 * chunkSize, wrong).received, 0);
});

test('an empty blob is complete', () => {
  const record = new ChunkRecord(0);
  assert.equal(record.frontier, 0);
  assert.equal(record.claim(4), undefined);
});

test('whatever is written in whatever order, a byte counts as here only if it was written', () => {
  const size = 3 * chunkSize;
  const range = fc
    .tuple(fc.nat(48), fc.integer({ min: 1, max: 20 }))
    .map(([from, length]) => ({ from, to: Math.min(48, from + length) }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
      const unit = size / 48;
      const record = new ChunkRecord(size);
      const written = new Set<number>();
      for (const { from, to } of ranges) {
        record.add({ start: from * unit, end: to * unit });
        for (let at = from; at < to; at += 1) written.add(at);
      }
      for (let at = 0; at < record.frontier / unit; at += 1) assert.ok(written.has(at));
      assert.ok(record.received <= written.size * unit);
    }),
  );
});
