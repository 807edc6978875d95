import assert from 'node:assert/strict';
import test from 'node:test';
import { completeExec, completeRequest } from './complete-request.ts';

test('completeRequest() lets what is asked for stand, undefined included, and fills in the rest', () => {
  const { name, config, hostConfig } = completeRequest({
    config: { Image: 'debian', Cmd: ['true'], Entrypoint: undefined },
    hostConfig: { Memory: 64 << 20 },
  });
  assert.equal(name, undefined);
  assert.deepEqual(
    [config.Image, config.Cmd, config.Entrypoint, config.Tty],
    ['debian', ['true'], undefined, false],
  );
  assert.deepEqual([hostConfig.Memory, hostConfig.NetworkMode], [64 << 20, 'default']);
});

test('completeExec() runs the command as the container itself runs', () => {
  const { command, user, workingDir, tty } = completeExec({ command: ['ls'], user: 'app' });
  assert.deepEqual([command, user, workingDir, tty], [['ls'], 'app', '', false]);
});
