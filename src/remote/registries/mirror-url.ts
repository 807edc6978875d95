import { LamellaError } from '../../base/errors.ts';
import { isHost } from './registry-name.ts';

/**
 * A mirror's URL without slashes at its end: the API is at `<url>/v2/`, so that `https://mirror.example/docker.io` has
 * it at `https://mirror.example/docker.io/v2/`.
 *
 * @throws LamellaError invalid `mirror-invalid`, in Docker's words
 */
export function parseMirrorUrl(text: string): string {
  if (!/^[^:]+:\/\//.test(text)) {
    throw invalid(`no scheme specified for ${quote(text)}: must use either 'https://' or 'http://'`);
  }
  const url = URL.parse(text);
  if (url === null) throw invalid(`${quote(text)} is not a valid URI`);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https' && scheme !== 'http') {
    throw invalid(
      `unsupported scheme ${quote(scheme)} in ${quote(text)}: must use either 'https://' or 'http://'`,
    );
  }
  if (/[?#]/.test(text)) throw invalid(`query or fragment at end of the URI ${quote(text)}`);
  if (url.username !== '' || url.password !== '') {
    url.password = 'xxxxx';
    throw new LamellaError(
      'invalid',
      `invalid mirror: username/password not allowed in URI ${quote(url.href)}`,
      {
        code: 'mirror-invalid',
        hint: `Give the URL without them, and run lamella login ${url.host}.`,
      },
    );
  }
  if (!isHost(url.host)) throw invalid(`${quote(text)} is not a valid URI`);
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** The host of a mirror, which is also the registry whose credentials it gets. */
export function mirrorHost(url: string): string {
  return new URL(url).host;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function invalid(problem: string): LamellaError {
  return new LamellaError('invalid', `invalid mirror: ${problem}`, {
    code: 'mirror-invalid',
    hint: 'A mirror is written as https://mirror.example.com',
  });
}
