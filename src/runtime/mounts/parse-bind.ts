import { LamellaError } from '../../base/errors.ts';
import type { ContainerMount } from './container-mount.ts';
import { invalidMode, parseMountMode } from './mount-mode.ts';
import { cleanPath, wrongTarget } from './mount-path.ts';

export interface ParsedBind {
  readonly mount: ContainerMount;
  /** An empty volume is not filled with what the image has there. */
  readonly noCopy: boolean;
}

/**
 * Reads `source:target[:options]`; the source is an absolute path or the name of a volume.
 *
 * @throws LamellaError invalid `volume-invalid`
 */
export function parseBind(text: string): ParsedBind {
  const parts = text.split(':');
  const [source = '', target = '', mode = ''] = parts;
  if (parts.length > 3 || source === '' || parts.length === 1) throw invalid(text);
  // A path and a mode, and no place for the volume.
  if (parts.length === 2 && parseMountMode(target) !== undefined) throw invalid(text);
  const parsed = parseMountMode(mode);
  if (parsed === undefined) throw invalidMode(mode);
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const wrong = wrongTarget(target) ?? extraField(type, parsed);
  if (wrong !== undefined) throw invalid(text, `invalid mount config for type "${type}": ${wrong}`);
  const { readOnly, noCopy, propagation = 'rprivate' } = parsed;
  const shared = { type, target: cleanPath(target), readOnly } as const;
  const mount: ContainerMount =
    type === 'bind'
      ? { ...shared, name: '', source: cleanPath(source), mode, propagation, makeSource: true }
      : // A volume is there for several containers: Docker's label for that.
        { ...shared, name: source, source: '', mode: mode === '' ? 'z' : mode, propagation: '' };
  return { mount, noCopy };
}

function extraField(
  type: 'bind' | 'volume',
  { propagation, noCopy }: { propagation: string | undefined; noCopy: boolean },
): string | undefined {
  if (type === 'bind' && noCopy) return 'field VolumeOptions must not be specified';
  if (type === 'volume' && propagation !== undefined) return 'field BindOptions must not be specified';
  return undefined;
}

function invalid(text: string, reason?: string): LamellaError {
  const message = `invalid volume specification: '${text}'`;
  return new LamellaError('invalid', reason === undefined ? message : `${message}: ${reason}`, {
    code: 'volume-invalid',
  });
}
