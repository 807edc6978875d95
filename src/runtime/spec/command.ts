import { LamellaError } from '../../base/errors.ts';
import type { ContainerRequest, ContainerSpec, ImageDefaults } from '../types.ts';

type Words = readonly string[] | null | undefined;

/**
 * Which Entrypoint and Cmd a container gets, as Docker decides it: an Entrypoint of one's own drops the image's Cmd, and
 * `['']` drops the image's Entrypoint without setting another.
 *
 * @throws LamellaError invalid `command-missing`
 */
export function mergeCommand(
  asked: Pick<ContainerRequest['config'], 'Cmd' | 'Entrypoint'>,
  image: Pick<ImageDefaults, 'Cmd' | 'Entrypoint'>,
): Pick<ContainerSpec['config'], 'Cmd' | 'Entrypoint'> {
  const merged = chosen(asked, image);
  if (merged.Cmd === null && merged.Entrypoint === null) {
    throw new LamellaError('invalid', 'no command specified', { code: 'command-missing' });
  }
  return merged;
}

function chosen(
  asked: Pick<ContainerRequest['config'], 'Cmd' | 'Entrypoint'>,
  image: Pick<ImageDefaults, 'Cmd' | 'Entrypoint'>,
): Pick<ContainerSpec['config'], 'Cmd' | 'Entrypoint'> {
  const cmd = filled(asked.Cmd);
  if (asked.Entrypoint?.length === 1 && asked.Entrypoint[0] === '') return { Cmd: cmd, Entrypoint: null };
  const entrypoint = filled(asked.Entrypoint);
  if (entrypoint !== null) return { Cmd: cmd, Entrypoint: entrypoint };
  return { Cmd: cmd ?? filled(image.Cmd), Entrypoint: filled(image.Entrypoint) };
}

function filled(words: Words): readonly string[] | null {
  return words == null || words.length === 0 ? null : words;
}

/** The whole command line: Entrypoint, then Cmd. */
export function commandLine(config: Pick<ContainerSpec['config'], 'Cmd' | 'Entrypoint'>): string[] {
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}
