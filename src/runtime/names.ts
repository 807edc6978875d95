import { randomInt } from 'node:crypto';
import { LamellaError } from '../base/errors.ts';
import { adjectives, surnames } from './name-words.ts';

/**
 * A name to tell containers apart by: `brave_curie`.
 *
 * @param attempt how many were taken already: after a few, a digit makes names rarer
 */
export function randomName(attempt = 0): string {
  const name = `${pick(adjectives)}_${pick(surnames)}`;
  return attempt < 5 ? name : `${name}${randomInt(10 ** Math.min(attempt - 4, 9))}`;
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}

/**
 * Checks a name that a person chose; a leading slash is dropped.
 *
 * @throws LamellaError invalid `container-name-invalid`
 */
export function parseContainerName(text: string): string {
  const name = text.startsWith('/') ? text.slice(1) : text;
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return name;
  throw new LamellaError(
    'invalid',
    `Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    { code: 'container-name-invalid' },
  );
}
