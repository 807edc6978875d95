import { type GoJson, sortedMap } from './go-json.ts';
import type { Fields } from './json-fields.ts';
import { setOwn } from './strict-json.ts';

/**
 * How a container of the image starts: `config` of the image config (OCI Image Specification, config.md) with Docker's
 * additions. Names are those of the JSON, since the Engine API, templates and people use the very same ones.
 */
export interface ContainerConfig {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  /** Such as `80/tcp`; a set. */
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  /** `NAME=value` each. */
  readonly Env?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Healthcheck?: Healthcheck;
  /** Windows only: the command is one string that was escaped already. */
  readonly ArgsEscaped?: boolean;
  readonly Image?: string;
  /** Paths in the container; a set. */
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Entrypoint?: readonly string[];
  readonly NetworkDisabled?: boolean;
  readonly MacAddress?: string;
  readonly OnBuild?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** Seconds. */
  readonly StopTimeout?: number;
  readonly Shell?: readonly string[];
}

/** Durations are in nanoseconds; 0 or absent means the default. */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const strings = [
  'Hostname',
  'Domainname',
  'User',
  'Image',
  'WorkingDir',
  'MacAddress',
  'StopSignal',
] as const;
const booleans = [
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'ArgsEscaped',
  'NetworkDisabled',
] as const;
const lists = ['Env', 'Entrypoint', 'OnBuild', 'Shell'] as const;
const sets = ['ExposedPorts', 'Volumes'] as const;

/** @throws LamellaError invalid `document-invalid` */
export function readContainerConfig(fields: Fields): ContainerConfig {
  const config: Mutable<ContainerConfig> = {};
  for (const name of strings) assign(config, name, fields.string(name));
  for (const name of booleans) assign(config, name, fields.boolean(name));
  for (const name of lists) assign(config, name, fields.strings(name));
  for (const name of sets) assign(config, name, toSet(fields.nameSet(name)));
  assign(config, 'Cmd', fields.strings('Cmd'));
  assign(config, 'Labels', fields.stringMap('Labels'));
  assign(config, 'StopTimeout', fields.integer('StopTimeout'));
  const healthcheck = fields.object('Healthcheck');
  if (healthcheck) config.Healthcheck = readHealthcheck(healthcheck);
  return config;
}

function readHealthcheck(fields: Fields): Healthcheck {
  const healthcheck: Mutable<Healthcheck> = {};
  assign(healthcheck, 'Test', fields.strings('Test'));
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const) {
    assign(healthcheck, name, fields.integer(name));
  }
  return healthcheck;
}

/** In the order of Docker's Go type, with null and empty values where that writes them. */
export function containerConfigJson(config: ContainerConfig): GoJson {
  return {
    Hostname: config.Hostname ?? '',
    Domainname: config.Domainname ?? '',
    User: config.User ?? '',
    AttachStdin: config.AttachStdin ?? false,
    AttachStdout: config.AttachStdout ?? false,
    AttachStderr: config.AttachStderr ?? false,
    ExposedPorts: config.ExposedPorts && unlessEmpty(setJson(config.ExposedPorts)),
    Tty: config.Tty ?? false,
    OpenStdin: config.OpenStdin ?? false,
    StdinOnce: config.StdinOnce ?? false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    Healthcheck: config.Healthcheck && healthcheckJson(config.Healthcheck),
    ArgsEscaped: config.ArgsEscaped || undefined,
    Image: config.Image ?? '',
    Volumes: config.Volumes ? setJson(config.Volumes) : null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    NetworkDisabled: config.NetworkDisabled || undefined,
    MacAddress: config.MacAddress || undefined,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ? sortedMap(config.Labels) : null,
    StopSignal: config.StopSignal || undefined,
    StopTimeout: config.StopTimeout,
    Shell: config.Shell && (config.Shell.length === 0 ? undefined : config.Shell),
  };
}

function healthcheckJson(healthcheck: Healthcheck): GoJson {
  const { Test, Interval, Timeout, StartPeriod, StartInterval, Retries } = healthcheck;
  return {
    Test: Test && (Test.length === 0 ? undefined : Test),
    Interval: Interval || undefined,
    Timeout: Timeout || undefined,
    StartPeriod: StartPeriod || undefined,
    StartInterval: StartInterval || undefined,
    Retries: Retries || undefined,
  };
}

function setJson(set: Readonly<Record<string, object>>): Record<string, GoJson> {
  return sortedMap(toSet(Object.keys(set)) as Record<string, GoJson>);
}

function unlessEmpty<T extends object>(map: T): T | undefined {
  return Object.keys(map).length === 0 ? undefined : map;
}

function toSet(names: readonly string[]): Record<string, object>;
function toSet(names: readonly string[] | undefined): Record<string, object> | undefined;
function toSet(names: readonly string[] | undefined): Record<string, object> | undefined {
  if (names === undefined) return undefined;
  const set: Record<string, object> = {};
  for (const name of names) setOwn(set, name, {});
  return set;
}

function assign<T extends object, K extends keyof T>(target: T, name: K, value: T[K] | undefined): void {
  if (value !== undefined) target[name] = value;
}
