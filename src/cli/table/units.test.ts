import assert from 'node:assert/strict';
import test from 'node:test';
import { binarySize, humanDuration, humanSize } from './units.ts';

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

test('humanDuration() changes its unit where docker/go-units does', () => {
  const second = 1000;
  const hour = 3600 * second;
  const day = 24 * hour;
  const cases: [number, string][] = [
    [0, 'Less than a second'],
    [second, '1 second'],
    [59 * second, '59 seconds'],
    [60 * second, 'About a minute'],
    [119 * second, 'About a minute'],
    [120 * second, '2 minutes'],
    [60 * 60 * second, 'About an hour'],
    [1.5 * hour, '2 hours'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [13 * day, '13 days'],
    [14 * day, '2 weeks'],
    [59 * day, '8 weeks'],
    [60 * day, '2 months'],
    [729 * day, '24 months'],
    [730 * day, '2 years'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(humanDuration(milliseconds), text);
});
