import { LamellaError } from '../base/errors.ts';
import { type Digest, parseDigest } from './digest.ts';

/**
 * The name of an image, normalised: `ubuntu` has the domain `docker.io` and the path `library/ubuntu`. A reference may
 * carry a tag, a digest, both or neither.
 *
 *     localhost:5000/team/app:1.0@sha256:4d2c…
 *     ╰─── domain ─╯ ╰ path ╯ tag  ╰ digest ─╯
 *     ╰──── repository ─────╯
 */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const defaultDomain = 'docker.io';
const legacyDomain = 'index.docker.io';
const officialPrefix = 'library/';
const defaultTag = 'latest';

// The grammar of github.com/distribution/reference, written such that no pattern backtracks more than linearly.
const label = '[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*';
const domain = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const path = `${component}(?:/${component})*`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const whole = new RegExp(`^(${domain})/(${path})(?::(${tag}))?(?:@(${digest}))?$`);

const longestPath = 255;
const longestText = 4096;

/**
 * Reads an image name as Docker reads it (github.com/distribution/reference, `ParseNormalizedNamed`), and completes the
 * domain; a missing tag stays missing, see {@link withDefaultTag}.
 *
 * @throws LamellaError invalid `reference-invalid`, in Docker's words
 */
export function parseReference(text: string): Reference {
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [host, rest] = splitDomain(text);
  const repository = rest.split(':', 1)[0] ?? '';
  if (repository !== repository.toLowerCase()) {
    throw invalid(`invalid reference format: repository name (${repository}) must be lowercase`);
  }
  if (text.length > longestText) throw tooLong();
  const match = whole.exec(`${host}/${rest}`);
  if (match === null) throw invalid('invalid reference format');
  const [, matchedDomain = '', matchedPath = '', matchedTag, matchedDigest] = match;
  if (matchedPath.length > longestPath) throw tooLong();
  return {
    domain: matchedDomain,
    path: matchedPath,
    ...(matchedTag !== undefined && { tag: matchedTag }),
    ...(matchedDigest !== undefined && { digest: parseDigest(matchedDigest) }),
  };
}

/** The reference itself where it has a tag or a digest, else with the tag `latest`. */
export function withDefaultTag(reference: Reference): Reference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return { ...reference, tag: defaultTag };
}

/** The repository with that digest, and no tag. */
export function atDigest({ domain, path }: Reference, digest: Digest): Reference {
  return { domain, path, digest };
}

/** Without the tag where there is a digest, which alone says what is meant. */
export function withoutIdleTag(reference: Reference): Reference {
  return reference.digest === undefined ? reference : atDigest(reference, reference.digest);
}

/** Domain and path, without tag and digest: `docker.io/library/ubuntu`. */
export function repositoryName({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** The whole normalised name: `docker.io/library/ubuntu:14.04`. {@link parseReference} reads it back. */
export function formatReference(reference: Reference): string {
  return repositoryName(reference) + suffix(reference);
}

/** The repository as people write it: `ubuntu` for `docker.io/library/ubuntu`. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== defaultDomain) return `${domain}/${path}`;
  const short = path.slice(officialPrefix.length);
  const official = path.startsWith(officialPrefix) && !short.includes('/');
  return official ? short : path;
}

/** The whole name as people write it: `ubuntu:14.04`. */
export function familiarReference(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

/** A first part is a domain when it has a dot, a colon or an upper-case letter, or is `localhost`. */
function splitDomain(text: string): [domain: string, rest: string] {
  const slash = text.indexOf('/');
  if (slash < 0) return [defaultDomain, officialPrefix + text];
  const first = text.slice(0, slash);
  const rest = text.slice(slash + 1);
  if (first === defaultDomain || first === legacyDomain) {
    return [defaultDomain, rest.includes('/') ? rest : officialPrefix + rest];
  }
  if (first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()) return [first, rest];
  return [defaultDomain, text];
}

function tooLong(): LamellaError {
  return invalid(`repository name must not be more than ${longestPath} characters`);
}

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', message, {
    code: 'reference-invalid',
    hint: 'A name is [HOST[:PORT]/]PATH[:TAG], its path in lower case, such as ubuntu:14.04.',
  });
}
