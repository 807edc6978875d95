import { existsSync } from 'node:fs';
import { LamellaError } from '../../base/errors.ts';
import type { MountRequest } from '../host-config.ts';
import type { ContainerMount } from './container-mount.ts';
import { propagations } from './mount-mode.ts';
import { cleanPath, wrongAbsolute, wrongTarget } from './mount-path.ts';

/**
 * What a `--mount` asks for, checked.
 *
 * @param request whose type may be any text: it comes from outside
 * @param exists whether there is a path on this machine
 * @throws LamellaError invalid `mount-invalid`, worded as Docker words it
 */
export function readMountRequest(
  request: MountRequest,
  exists: (path: string) => boolean = existsSync,
): ContainerMount {
  const wrong = wrongRequest(request, exists);
  if (wrong !== undefined) {
    throw new LamellaError(
      'invalid',
      `invalid mount config for type ${JSON.stringify(request.Type)}: ${wrong}`,
      { code: 'mount-invalid' },
    );
  }
  const shared = {
    type: request.Type,
    name: '',
    source: '',
    target: cleanPath(request.Target),
    readOnly: request.ReadOnly,
    mode: '',
    propagation: '',
  };
  switch (request.Type) {
    case 'bind':
      return { ...shared, ...bindParts(request) };
    case 'volume':
      return { ...shared, name: request.Source, mode: 'z', ...subpath(request.VolumeOptions?.Subpath) };
    case 'image':
      return {
        ...shared,
        name: request.Source,
        readOnly: true,
        propagation: 'rprivate',
        ...subpath(request.ImageOptions?.Subpath),
      };
    default:
      return { ...shared, options: tmpfsOptions(request) };
  }
}

function bindParts({ Source, BindOptions = {} }: MountRequest): Partial<ContainerMount> {
  const { Propagation = '', CreateMountpoint, NonRecursive, ReadOnlyNonRecursive } = BindOptions;
  return {
    source: cleanPath(Source),
    propagation: Propagation === '' ? 'rprivate' : Propagation,
    ...(CreateMountpoint === true ? { makeSource: true } : {}),
    ...(NonRecursive === true ? { nonRecursive: true } : {}),
    ...(ReadOnlyNonRecursive === true ? { readOnlyBelow: 'never' } : {}),
    ...(BindOptions.ReadOnlyForceRecursive === true ? { readOnlyBelow: 'always' } : {}),
  };
}

function subpath(path: string | undefined): Pick<ContainerMount, 'subpath'> {
  return path === undefined || path === '' ? {} : { subpath: path };
}

function wrongRequest(request: MountRequest, exists: (path: string) => boolean): string | undefined {
  const { Type, Source, Target } = request;
  if (Target === '') return 'field Target must not be empty';
  const wrong = wrongTarget(Target);
  if (wrong !== undefined) return wrong;
  if (Type !== 'bind' && request.BindOptions !== undefined) return 'field BindOptions must not be specified';
  switch (Type) {
    case 'bind':
      return wrongBind(request, exists);
    case 'volume':
      return wrongVolume(request);
    case 'tmpfs':
      return Source === '' ? undefined : 'field Source must not be specified';
    case 'image':
      return Source === '' ? 'field Source must not be empty' : wrongSubpath(request.ImageOptions?.Subpath);
    default:
      return 'mount type unknown';
  }
}

function wrongBind(
  { Source, BindOptions = {}, VolumeOptions }: MountRequest,
  exists: (path: string) => boolean,
): string | undefined {
  if (Source === '') return 'field Source must not be empty';
  const { Propagation = '' } = BindOptions;
  if (Propagation !== '' && !propagations.includes(Propagation)) {
    return `invalid propagation mode: ${Propagation}`;
  }
  if (VolumeOptions !== undefined) return 'field VolumeOptions must not be specified';
  const wrong = wrongAbsolute(Source);
  if (wrong !== undefined || BindOptions.CreateMountpoint === true) return wrong;
  return exists(Source) ? undefined : `bind source path does not exist: ${Source}`;
}

function wrongVolume({ Source, ReadOnly, VolumeOptions = {} }: MountRequest): string | undefined {
  const { Subpath = '' } = VolumeOptions;
  if (Source === '' && Subpath !== '') return 'must not set Subpath when using anonymous volumes';
  if (Source === '' && ReadOnly) return 'must not set ReadOnly mode when using anonymous volumes';
  return wrongSubpath(Subpath);
}

/** Go's filepath.IsLocal: neither absolute nor empty, and no `..` leads out. */
function wrongSubpath(path = ''): string | undefined {
  if (path === '') return undefined;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) break;
  }
  const isLocal = depth >= 0 && !path.startsWith('/');
  return isLocal ? undefined : 'subpath must be a relative path within the volume';
}

/** As Docker writes them: sizes with the largest unit that divides them. */
function tmpfsOptions({ ReadOnly, TmpfsOptions = {} }: MountRequest): string {
  const { Mode = 0, SizeBytes = 0 } = TmpfsOptions;
  const power = [3, 2, 1].find((each) => SizeBytes % 1024 ** each === 0) ?? 0;
  return [
    ...(ReadOnly ? ['ro'] : []),
    ...(Mode === 0 ? [] : [`mode=${Mode.toString(8)}`]),
    ...(SizeBytes === 0 ? [] : [`size=${SizeBytes / 1024 ** power}${['', 'k', 'm', 'g'][power]}`]),
  ].join(',');
}
