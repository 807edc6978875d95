import assert from 'node:assert/strict';
import test from 'node:test';
import { CliError } from '../../../errors/cli-error.ts';
import { parseVolumeOptions } from './volume-option.ts';

test('parseVolumeOptions() tells binds from anonymous volumes, as Docker’s client does', () => {
  const texts = ['data:/d', '/x:/y:ro', './rel:/r', '/anon', 'a', 'a:', '../up:/u', '.:/dot:z', 'data:/d'];
  assert.deepEqual(parseVolumeOptions(texts, '/home/jane'), {
    binds: ['data:/d', '/x:/y:ro', '/home/jane/rel:/r', '/home/up:/u', '/home/jane:/dot:z'],
    volumes: ['/anon', 'a', 'a:'],
  });
});

test('parseVolumeOptions() refuses in Docker’s words', () => {
  const refusals = [
    ['', 'invalid empty volume spec'],
    [':/x', 'invalid spec: :/x: empty section between colons'],
    ['/x:', 'invalid spec: /x:: empty section between colons'],
    ['/x:/y:', 'invalid spec: /x:/y:: empty section between colons'],
    ['/x:/y:ro:z', 'invalid spec: /x:/y:ro:z: too many colons'],
  ] as const;
  for (const [text, message] of refusals) {
    assert.throws(
      () => parseVolumeOptions([text], '/'),
      (error) => error instanceof CliError && error.message === message && error.exitCode === 125,
      text,
    );
  }
});
