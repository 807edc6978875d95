import { resolve } from 'node:path';
import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import { parseBoolean, parseBytes } from '../../../arguments/option-value.ts';
import { UsageError } from '../../../errors/cli-error.ts';
import { CsvError, parseCsvLine } from '../../../../base/csv-line.ts';

type MountRequest = HostConfig['Mounts'][number];

/** A request that grows field by field. */
interface Draft {
  Type: string;
  Source: string;
  Target: string;
  ReadOnly: boolean;
  bind?: MountRequest['BindOptions'];
  volume?: MountRequest['VolumeOptions'];
  tmpfs?: MountRequest['TmpfsOptions'];
  image?: MountRequest['ImageOptions'];
}

class WrongMount extends Error {}

/**
 * Reads `--mount type=bind,src=/a,dst=/b,readonly`.
 *
 * @param cwd what a source that begins with `./` is relative to
 * @throws UsageError in Docker's words
 */
export function parseMountOption(text: string, cwd: string): MountRequest {
  try {
    const draft: Draft = { Type: 'volume', Source: '', Target: '', ReadOnly: false };
    for (const field of parseCsvLine(text)) takeField(draft, field, cwd);
    return finish(draft);
  } catch (error) {
    if (!(error instanceof WrongMount) && !(error instanceof CsvError)) throw error;
    throw new UsageError(`invalid argument ${JSON.stringify(text)} for "--mount" flag: ${error.message}`);
  }
}

function takeField(draft: Draft, field: string, cwd: string): void {
  const equals = field.indexOf('=');
  const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
  if (equals === -1 && !bareKeys.has(key)) {
    throw new WrongMount(`invalid field '${field}' must be a key=value pair`);
  }
  const value = equals === -1 ? 'true' : field.slice(equals + 1);
  const take = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (take === undefined) throw new WrongMount(`unexpected key '${key}' in '${field}'`);
  take(draft, value, { key, cwd });
}

type Take = (draft: Draft, value: string, context: { key: string; cwd: string }) => void;

const bareKeys = new Set(['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive', 'bind-create-src']);

const source: Take = (draft, value, { cwd }) => {
  draft.Source = value === '.' || value.startsWith('./') ? resolve(cwd, value) : value;
};
const target: Take = (draft, value) => {
  draft.Target = value;
};
const readOnly: Take = (draft, value, { key }) => {
  draft.ReadOnly = truth(key, value);
};

const keys: Readonly<Record<string, Take>> = {
  type(draft, value) {
    draft.Type = value.toLowerCase();
  },
  source,
  src: source,
  target,
  dst: target,
  destination: target,
  readonly: readOnly,
  ro: readOnly,
  // For file systems of other systems: Linux has but one.
  consistency: () => {},
  'bind-propagation'(draft, value) {
    draft.bind = { ...draft.bind, Propagation: value.toLowerCase() };
  },
  'bind-nonrecursive'(draft, value, { key }) {
    draft.bind = { ...draft.bind, NonRecursive: truth(key, value) };
  },
  'bind-create-src'(draft, value, { key }) {
    draft.bind = { ...draft.bind, CreateMountpoint: truth(key, value) };
  },
  'bind-recursive'(draft, value, { key }) {
    const how = Object.hasOwn(recursions, value) ? recursions[value] : undefined;
    if (how === undefined) {
      throw new WrongMount(
        `invalid value for ${key}: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
      );
    }
    if (value !== 'enabled') draft.bind = { ...draft.bind, ...how };
  },
  'volume-nocopy'(draft, value, { key }) {
    draft.volume = { ...draft.volume, NoCopy: truth(key, value) };
  },
  'volume-subpath'(draft, value) {
    draft.volume = { ...draft.volume, Subpath: value };
  },
  'volume-label'(draft, value) {
    draft.volume = { ...draft.volume, Labels: withPair(draft.volume?.Labels, value) };
  },
  'volume-driver'(draft, value) {
    const { Options = {} } = draft.volume?.DriverConfig ?? {};
    draft.volume = { ...draft.volume, DriverConfig: { Name: value, Options } };
  },
  'volume-opt'(draft, value) {
    const { Name = '', Options } = draft.volume?.DriverConfig ?? {};
    draft.volume = { ...draft.volume, DriverConfig: { Name, Options: withPair(Options, value) } };
  },
  'image-subpath'(draft, value) {
    draft.image = { Subpath: value };
  },
  'tmpfs-size'(draft, value, { key }) {
    const SizeBytes = parseBytes(value, () => {
      throw invalidValue(key, value);
    });
    draft.tmpfs = { ...draft.tmpfs, SizeBytes };
  },
  'tmpfs-mode'(draft, value, { key }) {
    if (!/^[0-7]{1,11}$/.test(value)) throw invalidValue(key, value);
    draft.tmpfs = { ...draft.tmpfs, Mode: Number.parseInt(value, 8) };
  },
};

const recursions: Readonly<Record<string, NonNullable<MountRequest['BindOptions']>>> = {
  enabled: {},
  disabled: { NonRecursive: true },
  writable: { ReadOnlyNonRecursive: true },
  readonly: { ReadOnlyForceRecursive: true },
};

function finish({ bind, volume, tmpfs, image, ...request }: Draft): MountRequest {
  const { Type: type } = request;
  if (type === '') throw new WrongMount('type is required');
  if (request.Target === '') throw new WrongMount('target is required');
  const parts = { volume, image, bind, tmpfs };
  for (const [name, part] of Object.entries(parts)) {
    if (part !== undefined && name !== type) {
      throw new WrongMount(`cannot mix '${name}-*' options with mount type '${type}'`);
    }
  }
  refuseHalfReadOnly(request.ReadOnly, bind);
  return {
    ...request,
    // What it is, the engine says.
    Type: type as MountRequest['Type'],
    ...(bind === undefined ? {} : { BindOptions: bind }),
    ...(volume === undefined ? {} : { VolumeOptions: { ...volume, DriverConfig: driverOf(volume) } }),
    ...(tmpfs === undefined ? {} : { TmpfsOptions: tmpfs }),
    ...(image === undefined ? {} : { ImageOptions: image }),
  };
}

function driverOf({ DriverConfig }: NonNullable<MountRequest['VolumeOptions']>): {
  Name: string;
  Options: Readonly<Record<string, string>>;
} {
  return DriverConfig ?? { Name: '', Options: {} };
}

function refuseHalfReadOnly(readOnly: boolean, bind: MountRequest['BindOptions'] = {}): void {
  const { ReadOnlyNonRecursive = false, ReadOnlyForceRecursive = false, Propagation } = bind;
  const needs = (value: string, other: string): WrongMount =>
    new WrongMount(`option 'bind-recursive=${value}' requires '${other}' to be specified in conjunction`);
  if (ReadOnlyNonRecursive && !readOnly) throw needs('writable', 'readonly');
  if (ReadOnlyForceRecursive && !readOnly) throw needs('readonly', 'readonly');
  if (ReadOnlyForceRecursive && Propagation !== 'rprivate')
    throw needs('readonly', 'bind-propagation=rprivate');
}

function truth(key: string, text: string): boolean {
  const value = parseBoolean(text);
  if (value === undefined) throw invalidValue(key, text);
  return value;
}

function invalidValue(key: string, value: string): WrongMount {
  return new WrongMount(`invalid value for ${key}: ${value}`);
}

function withPair(record: Readonly<Record<string, string>> = {}, pair: string): Record<string, string> {
  const equals = pair.indexOf('=');
  const key = equals === -1 ? pair : pair.slice(0, equals);
  return key === '' ? { ...record } : { ...record, [key]: equals === -1 ? '' : pair.slice(equals + 1) };
}
