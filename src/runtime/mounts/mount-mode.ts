import { LamellaError } from '../../base/errors.ts';

/** The options of `-v` by what they speak of: at most one of each kind may be given. */
const kinds: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['z', 'Z'],
  ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'],
  ['nocopy'],
  ['consistent', 'cached', 'delegated'],
];
export const propagations: readonly string[] = kinds[2] ?? [];

export interface MountMode {
  readonly readOnly: boolean;
  readonly propagation: string | undefined;
  readonly noCopy: boolean;
}

/** @returns undefined for what is no mode */
export function parseMountMode(text: string): MountMode | undefined {
  const words = text === '' ? [] : text.split(',');
  const used = words.map((word) => kinds.findIndex((kind) => kind.includes(word)));
  if (used.includes(-1) || new Set(used).size < used.length) return undefined;
  return {
    readOnly: words.includes('ro'),
    propagation: words.find((word) => propagations.includes(word)),
    noCopy: words.includes('nocopy'),
  };
}

export function invalidMode(mode: string): LamellaError {
  return new LamellaError('invalid', `invalid mode: ${mode}`, { code: 'volume-invalid' });
}
