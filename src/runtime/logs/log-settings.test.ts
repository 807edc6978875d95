import assert from 'node:assert/strict';
import test from 'node:test';
import { logSettings } from './log-settings.ts';

test('logSettings() gives a log the room of all the files that Docker would keep', () => {
  const of = (Type: string, Config: Record<string, string> = {}): unknown => logSettings({ Type, Config });
  assert.deepEqual(of(''), { kept: true, limit: undefined });
  assert.deepEqual(of('json-file', { 'max-size': '10m' }), { kept: true, limit: 10e6 });
  assert.deepEqual(of('json-file', { 'max-size': '1.5k', 'max-file': '3' }), { kept: true, limit: 4500 });
  assert.deepEqual(of('json-file', { 'max-size': '-1' }), { kept: true, limit: undefined });
  assert.deepEqual(of('local'), { kept: true, limit: 100e6 });
  assert.deepEqual(of('none'), { kept: false, limit: undefined });
});

test('logSettings() refuses what it does not know', () => {
  const cases: [string, Record<string, string>, string][] = [
    ['gelf', {}, "logger: no log driver named 'gelf' is registered"],
    ['json-file', { colour: 'red' }, "unknown log opt 'colour' for json-file log driver"],
    ['none', { 'max-size': '1m' }, "unknown log opt 'max-size' for none log driver"],
    ['json-file', { 'max-size': 'big' }, "invalid size for log opt max-size: 'big'"],
    ['json-file', { 'max-file': '0' }, 'max-file cannot be less than 1'],
  ];
  for (const [Type, Config, message] of cases) {
    assert.throws(() => logSettings({ Type, Config }), { message });
  }
});
