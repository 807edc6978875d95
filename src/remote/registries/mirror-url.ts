import { LamellaError } from '../../base/errors.ts';
import { isHost } from './registry-name.ts';

const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const repositoryPath = new RegExp(`^${component}(?:/${component})*$`);

/**
 * A mirror's URL without slashes at its end: the API is at `<url>/v2/`, so that `https://mirror.example/docker.io` has
 * it at `https://mirror.example/docker.io/v2/`. What follows a `/v2/` in it is the beginning of every repository's path, as
 * with the projects of Harbor that are proxies: `https://harbor.example/v2/hub`.
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
  const parsed = url.origin + url.pathname.replace(/\/+$/, '');
  const { pathPrefix } = splitMirrorUrl(parsed);
  if (pathPrefix !== undefined && !repositoryPath.test(pathPrefix)) {
    throw invalid(`what follows /v2/ in ${quote(text)} is not the path of a repository`);
  }
  return parsed;
}

/** Where the server is, and what it has before the paths of repositories, out of what {@link parseMirrorUrl} gives. */
export function splitMirrorUrl(text: string): { readonly url: string; readonly pathPrefix?: string } {
  const at = `${text}/`.indexOf('/v2/');
  if (at < 0) return { url: text };
  const pathPrefix = text.slice(at + '/v2/'.length);
  return { url: text.slice(0, at), ...(pathPrefix !== '' && { pathPrefix }) };
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
