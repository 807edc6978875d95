import { join } from 'node:path';
import { LamellaError } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { VolumeService } from '../../volumes/volume-service.ts';
import type { VolumeRequest } from '../../volumes/volume.ts';
import type { VolumeUse } from '../../volumes/volume-store.ts';
import type { HostConfig, MountRequest } from '../host-config.ts';
import type { Container } from '../types.ts';
import type { ContainerMount } from './container-mount.ts';
import { invalidMode, parseMountMode } from './mount-mode.ts';
import { cleanPath } from './mount-path.ts';
import { parseBind } from './parse-bind.ts';
import { readMountRequest } from './read-mount-request.ts';

/** An image that a container mounts, found by the name it was asked for. */
export interface MountedImage {
  readonly name: string;
  /** The layers, bottom first. */
  readonly diffIds: readonly Digest[];
}

export interface MountPlan {
  /** Sorted by target. */
  readonly mounts: readonly ContainerMount[];
  /** The volumes among them, each made where it is not there yet. */
  readonly volumes: readonly { readonly request: VolumeRequest; readonly use: VolumeUse }[];
  /** The layers of the images among them, by target. */
  readonly images: ReadonlyMap<string, readonly Digest[]>;
}

interface PlanInput {
  readonly hostConfig: HostConfig;
  /** Paths of anonymous volumes, with the image's. */
  readonly anonymous: readonly string[];
  readonly images: readonly MountedImage[];
  /** The container's folder for what is mounted for it alone. */
  readonly folder: string;
  readonly volumes: Pick<VolumeService, 'anonymous' | 'dataFolder' | 'uses'>;
  /** @throws LamellaError not-found `container-not-found` */
  readonly findContainer: (text: string) => Container;
  /** Layers of an image that another container has mounted. */
  readonly layersAt: (containerId: string, target: string) => readonly Digest[];
}

/** One place, with what it needs besides. */
interface Place {
  readonly mount: ContainerMount;
  readonly volume?: Omit<MountPlan['volumes'][number], 'use'> & { use: Omit<VolumeUse, 'target'> };
  readonly layers?: readonly Digest[];
}

/**
 * What a container is to have mounted: what `--volumes-from` brings, then `-v`, then `--mount`, then an anonymous volume
 * wherever the image or `-v` wants one and nothing else is.
 *
 * @throws LamellaError invalid `volume-invalid`, `mount-invalid`, `mount-duplicate`; not-found `container-not-found`
 */
export function planMounts(input: PlanInput): MountPlan {
  const places = new Map<string, Place>();
  const put = (place: Place): void => void places.set(place.mount.target, place);
  for (const text of input.hostConfig.VolumesFrom) placesOf(input, text).forEach(put);
  const asked = askedPlaces(input);
  const tmpfs = Object.keys(input.hostConfig.Tmpfs).map(cleanPath);
  refuseDuplicates(asked, tmpfs);
  asked.forEach(put);
  for (const path of input.anonymous) {
    const target = cleanPath(path);
    if (target === '/') {
      throw new LamellaError('invalid', "invalid specification: destination can't be '/'", {
        code: 'volume-invalid',
      });
    }
    if (!places.has(target) && !tmpfs.includes(target)) put(anonymousPlace(input, target));
  }
  return planOf(input, places);
}

function planOf({ folder }: PlanInput, places: ReadonlyMap<string, Place>): MountPlan {
  const sorted = [...places.values()].sort((a, b) => (a.mount.target < b.mount.target ? -1 : 1));
  const at = (target: string): string =>
    join(folder, String(sorted.findIndex(({ mount }) => mount.target === target)));
  return {
    mounts: sorted.map(({ mount }) =>
      mount.type === 'image' ? { ...mount, source: at(mount.target) } : mount,
    ),
    // In the order of asking: the first to name a new volume says what it is like.
    volumes: [...places.values()].flatMap(({ mount, volume }) =>
      volume === undefined ? [] : [{ ...volume, use: { ...volume.use, target: mount.target } }],
    ),
    images: new Map(
      sorted.flatMap(({ mount, layers }) => (layers === undefined ? [] : [[mount.target, layers]])),
    ),
  };
}

/** `container[:mode]`: all that it has mounted; to fill its volumes is its own matter. */
function placesOf({ findContainer, volumes, layersAt }: PlanInput, text: string): Place[] {
  if (text === '') {
    throw new LamellaError('invalid', 'volumes-from specification cannot be an empty string', {
      code: 'volume-invalid',
    });
  }
  const colon = text.indexOf(':');
  const mode = colon === -1 ? '' : text.slice(colon + 1);
  const parsed = parseMountMode(mode);
  if (parsed === undefined || parsed.noCopy || parsed.propagation !== undefined) throw invalidMode(mode);
  const { id, spec } = findContainer(colon === -1 ? text : text.slice(0, colon));
  const uses = new Map(volumes.uses(id).map((use) => [use.target, use]));
  return spec.mounts.map((mount) => {
    const copy = { ...mount, mode: '', readOnly: mount.readOnly || parsed.readOnly };
    const use = uses.get(mount.target);
    if (mount.type === 'image') return { mount: copy, layers: layersAt(id, mount.target) };
    if (use === undefined) return { mount: copy };
    const request = { name: use.volume, driver: 'local', labels: {}, options: {} };
    return { mount: copy, volume: { request, use: { ...use, fill: false } } };
  });
}

function askedPlaces(input: PlanInput): Place[] {
  const { Binds, Mounts, VolumeDriver } = input.hostConfig;
  const binds = Binds.map((text) => {
    const { mount, noCopy } = parseBind(text);
    if (mount.type === 'bind') return { mount };
    const request = { name: mount.name, driver: filled(VolumeDriver), labels: {}, options: {} };
    return namedPlace(input, mount, request, !noCopy);
  });
  return [...binds, ...Mounts.map((request) => requestedPlace(input, request))];
}

function requestedPlace(input: PlanInput, request: MountRequest): Place {
  const mount = readMountRequest(request);
  if (mount.type === 'image') {
    return { mount, layers: input.images.find(({ name }) => name === mount.name)?.diffIds ?? [] };
  }
  if (mount.type !== 'volume') return { mount };
  const { VolumeOptions = {} } = request;
  const wanted = {
    driver: filled(VolumeOptions.DriverConfig?.Name),
    labels: VolumeOptions.Labels ?? {},
    options: VolumeOptions.DriverConfig?.Options ?? {},
  };
  const fill = VolumeOptions.NoCopy !== true && VolumeOptions.Subpath === undefined;
  if (mount.name !== '') return namedPlace(input, mount, { name: mount.name, ...wanted }, fill);
  return unnamedPlace(input, mount, wanted, fill);
}

function namedPlace(
  { volumes }: PlanInput,
  mount: ContainerMount,
  request: VolumeRequest,
  fill: boolean,
): Place {
  const source = volumes.dataFolder(request.name);
  return {
    mount: { ...mount, source },
    volume: { request, use: { volume: request.name, named: true, fill } },
  };
}

function unnamedPlace(
  { volumes }: PlanInput,
  mount: ContainerMount,
  wanted: Partial<VolumeRequest>,
  fill: boolean,
): Place {
  const request = volumes.anonymous(wanted);
  const { name } = request;
  return {
    mount: { ...mount, name, source: volumes.dataFolder(name) },
    volume: { request, use: { volume: name, named: false, fill } },
  };
}

function anonymousPlace(input: PlanInput, target: string): Place {
  const mount: ContainerMount = {
    type: 'volume',
    name: '',
    source: '',
    target,
    readOnly: false,
    mode: '',
    propagation: '',
  };
  return unnamedPlace(input, mount, { driver: filled(input.hostConfig.VolumeDriver) }, true);
}

function refuseDuplicates(places: readonly Place[], tmpfs: readonly string[]): void {
  const taken = new Set<string>();
  for (const { mount } of places) {
    if (taken.has(mount.target) || (tmpfs.includes(mount.target) && mount.type !== 'tmpfs')) {
      throw new LamellaError('invalid', `Duplicate mount point: ${mount.target}`, {
        code: 'mount-duplicate',
      });
    }
    taken.add(mount.target);
  }
}

function filled(driver = ''): string {
  return driver === '' ? 'local' : driver;
}
