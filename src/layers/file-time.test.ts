import assert from 'node:assert/strict';
import test from 'node:test';
import { fileTime } from './file-time.ts';

test('fileTime() counts nanoseconds forward, before 1970 too', () => {
  assert.deepEqual(fileTime(1_500_000_001n), { seconds: 1, nanoseconds: 500_000_001 });
  assert.deepEqual(fileTime(-1n), { seconds: -1, nanoseconds: 999_999_999 });
  assert.deepEqual(fileTime(-2_000_000_000n), { seconds: -2, nanoseconds: 0 });
});
