import { join } from 'node:path';
import type { ContainerConfig } from '../oci/container-config.ts';
import { digestHex, type Digest } from '../oci/digest.ts';
import { formatGoTime } from '../oci/go-time.ts';
import { sortedMap } from '../oci/go-json.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { ImageRecord } from '../images/image-record.ts';
import type { ApiObject, ApiValue } from './ports/common.ts';

export interface InspectedImage {
  readonly record: ImageRecord;
  readonly config: ImageConfig;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  /** Of the driver that would mount it. */
  readonly driverName: string;
  /** The store's root. */
  readonly root: string;
}

/** `GET /images/{name}/json` of the Docker Engine API (v1.51), keys in Docker's order. */
export function inspectImage({ record, config, tags, digests, driverName, root }: InspectedImage): ApiObject {
  return {
    Id: record.id,
    RepoTags: [...tags],
    RepoDigests: [...digests],
    Parent: record.parentId ?? '',
    Comment: commentOf(config),
    ...(record.created === '' ? {} : { Created: record.created }),
    DockerVersion: config.dockerVersion ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(config.osVersion === undefined ? {} : { OsVersion: config.osVersion }),
    Size: record.size,
    GraphDriver: { Data: graphData(config.diffIds, driverName, root), Name: driverName },
    RootFS: { Type: 'layers', ...(config.diffIds.length === 0 ? {} : { Layers: [...config.diffIds] }) },
    Metadata: { LastTagTime: lastTagTime(record.lastTaggedAt) },
    Config: config.config === undefined ? null : configJson(config.config),
  };
}

/** Docker shows the comment of the config, and where that has none (as with BuildKit's) the one of the last step. */
function commentOf(config: ImageConfig): string {
  return config.comment || config.history?.at(-1)?.comment || '';
}

function lastTagTime(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '0001-01-01T00:00:00Z';
  const seconds = Math.floor(milliseconds / 1000);
  return formatGoTime({ seconds, nanoseconds: (milliseconds - seconds * 1000) * 1_000_000 });
}

/** Where the layers are: the topmost as UpperDir, those below it, from the top down, as LowerDir. */
function graphData(diffIds: readonly Digest[], driverName: string, root: string): ApiObject {
  const form = driverName === 'overlay' ? 'tree' : 'index';
  const [top, ...below] = diffIds.map((diffId) => join(root, 'layers', digestHex(diffId), form)).reverse();
  return {
    ...(below.length === 0 ? {} : { LowerDir: below.join(':') }),
    ...(top === undefined ? {} : { UpperDir: top }),
  };
}

/** The keys that Docker always writes, null where the image says nothing, and the others where it does; all sorted. */
function configJson(config: ContainerConfig): ApiObject {
  const always: Record<string, ApiValue> = {
    Cmd: list(config.Cmd),
    Entrypoint: list(config.Entrypoint),
    Env: list(config.Env),
    Labels: map(config.Labels),
    OnBuild: list(config.OnBuild),
    User: config.User ?? '',
    Volumes: map(config.Volumes as ApiObject | undefined),
    WorkingDir: config.WorkingDir ?? '',
  };
  const { Healthcheck, Shell, StopSignal, ArgsEscaped, ExposedPorts } = config;
  if (ExposedPorts !== undefined && Object.keys(ExposedPorts).length > 0)
    always['ExposedPorts'] = map(ExposedPorts as ApiObject);
  if (Healthcheck !== undefined) always['Healthcheck'] = { ...Healthcheck } as unknown as ApiObject;
  if (Shell !== undefined && Shell.length > 0) always['Shell'] = [...Shell];
  if (StopSignal !== undefined && StopSignal !== '') always['StopSignal'] = StopSignal;
  if (ArgsEscaped === true) always['ArgsEscaped'] = true;
  return sortedMap(always);
}

function list(values: readonly string[] | undefined): ApiValue {
  return values === undefined || values.length === 0 ? null : [...values];
}

function map(values: ApiObject | undefined): ApiValue {
  return values === undefined || Object.keys(values).length === 0 ? null : sortedMap(values);
}
