import assert from 'node:assert/strict';
import test from 'node:test';
import { binarySize, humanSize } from './units.ts';

test('humanSize() gives what docker/go-units gives', () => {
  const cases: [number, number, string][] = [
    [0, 3, '0B'],
    [999, 3, '999B'],
    [1000, 3, '1kB'],
    [77_800_000, 3, '77.8MB'],
    [265_618_845, 3, '266MB'],
    [265_618_845, 4, '265.6MB'],
    [1_234_567_890, 3, '1.23GB'],
    // %.3g of 999.999: Docker prints it so.
    [999_999, 3, '1e+03kB'],
  ];
  for (const [bytes, digits, text] of cases) assert.equal(humanSize(bytes, digits), text);
  assert.equal(binarySize(25_273_000_000), '23.54GiB');
});
