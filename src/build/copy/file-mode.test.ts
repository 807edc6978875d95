import assert from 'node:assert/strict';
import test from 'node:test';
import { parseFileMode } from './file-mode.ts';

// What chmod(1) makes of a file with the mode on the left.
const cases: readonly (readonly [mode: number, text: string, result: number, isDirectory?: boolean])[] = [
  [0o640, '755', 0o755],
  [0o640, '04711', 0o4711],
  [0o644, 'u+x', 0o744],
  [0o640, 'g=u,o-r,a+X', 0o660],
  [0o755, 'g=u,o-r,a+X', 0o771, true],
  [0o600, '+r', 0o644],
  [0o777, 'go-w', 0o755],
  [0o777, 'go=', 0o700],
  [0o644, 'a=rX', 0o444],
  [0o744, 'a=rX', 0o555],
  [0o755, 'u+s,g+s,+t', 0o7755],
  [0o640, 'o=g', 0o644],
  [0o644, 'u=rw+x', 0o744],
];

for (const [mode, text, result, isDirectory = false] of cases) {
  test(`${text} makes ${mode.toString(8)} ${result.toString(8)}`, () => {
    assert.equal(parseFileMode(text).of(mode, isDirectory), result);
  });
}

for (const text of ['888', '99', '10000', 'u', 'x+u', 'u+q', 'u+x,', '']) {
  test(`${JSON.stringify(text)} is no mode`, () => {
    assert.throws(() => parseFileMode(text), {
      message: `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    });
  });
}
