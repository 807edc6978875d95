import { displayByteString, type ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import { maxNameLength, maxPathLength } from './format.ts';

/**
 * The names of a path that a tar entry carries, as seen from the layer's root: leading slashes and `.` drop out, `..`
 * takes a name back and ends at the root. This is lexical, as Docker cleans paths: `a/../b` is `b` whatever `a` is.
 *
 * @throws LamellaError invalid `path-too-long`, `name-too-long`, `name-invalid`
 */
export function splitEntryPath(path: ByteString): ByteString[] {
  checkPath(path);
  const names: ByteString[] = [];
  for (const name of path.split('/') as ByteString[]) {
    if (name === '' || name === '.') continue;
    if (name === '..') names.pop();
    else names.push(name);
  }
  return names;
}

/** What Linux could not open by that path is refused: more than 4,095 bytes, a name of more than 255, or a NUL. */
export function checkPath(path: ByteString): void {
  if (path.length > maxPathLength) throw tooLong('path-too-long', path);
  if (path.includes('\0')) {
    throw new LamellaError('invalid', `${quotePath(path)}: a file name holds a NUL byte`, {
      code: 'name-invalid',
    });
  }
}

export function checkName(name: ByteString): void {
  if (name.length > maxNameLength) throw tooLong('name-too-long', name);
}

function tooLong(code: string, path: ByteString): LamellaError {
  return new LamellaError('invalid', `open ${quotePath(path)}: file name too long`, { code });
}

/** For messages: UTF-8, control characters and quotes escaped, long paths shortened in the middle. */
export function quotePath(path: ByteString): string {
  const short = path.length > 400 ? `${path.slice(0, 200)}…${path.slice(-200)}` : path;
  const text = displayByteString(short as ByteString);
  // eslint-disable-next-line no-control-regex
  return /[\u0000-\u001f\u007f"\\\u202a-\u202e\u2066-\u2069]/.test(text) ? JSON.stringify(text) : text;
}
