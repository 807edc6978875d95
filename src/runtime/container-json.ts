import type { JsonObject } from '../base/json.ts';
import type { NetworkView } from '../networks/network-view.ts';
import type { ContainerPaths } from './container-paths.ts';
import { mountPoints } from './container-summary.ts';
import { appArmorProfile } from './app-armor.ts';
import { hostConfigJson } from './host-config-json.ts';
import { networkSettings } from './network-json.ts';
import { commandLine } from './spec/command.ts';
import { shownStatus } from './status-text.ts';
import { isActive, type Container } from './types.ts';

/** What Docker writes for a time that has not come. */
const never = '0001-01-01T00:00:00Z';

/** The JSON that `GET /containers/{name}/json` of the Docker Engine API 1.51 answers, keys in Docker's order. */
export function containerJson(
  container: Container,
  paths: ContainerPaths,
  networks: NetworkView,
): JsonObject {
  const { spec } = container;
  const [path = '', ...args] = commandLine(spec.config);
  return {
    Id: container.id,
    Created: timeText(container.createdAt),
    Path: path,
    Args: args,
    State: stateJson(container),
    Image: container.imageId,
    ResolvConfPath: paths.files.resolvConf,
    HostnamePath: paths.files.hostname,
    HostsPath: paths.files.hosts,
    LogPath: spec.hostConfig.LogConfig.Type === 'none' ? '' : paths.log,
    Name: `/${container.name}`,
    RestartCount: container.state.restartCount ?? 0,
    Driver: container.driver,
    Platform: spec.os,
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: appArmorProfile(spec.hostConfig),
    ExecIDs: null,
    HostConfig: hostConfigJson(container),
    GraphDriver: {
      Data: { ID: container.id, MergedDir: paths.merged, UpperDir: paths.upper, WorkDir: paths.work },
      Name: container.driver,
    },
    Mounts: mountPoints(container),
    Config: configJson(container),
    NetworkSettings: networkSettings(container, networks),
  };
}

function stateJson(container: Container): JsonObject {
  const { status, state, health } = container;
  return {
    Status: shownStatus(container),
    Running: isActive(status),
    Paused: shownStatus(container) === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.oomKilled ?? false,
    Dead: status === 'dead',
    Pid: status === 'running' ? (state.pid ?? 0) : 0,
    ExitCode: state.exitCode ?? 0,
    Error: state.error ?? '',
    StartedAt: timeText(state.startedAt),
    FinishedAt: timeText(state.finishedAt),
    ...(health === undefined
      ? {}
      : {
          Health: {
            Status: health.status,
            FailingStreak: health.failingStreak,
            Log: health.log.map(({ start, end, exitCode, output }) => ({
              Start: timeText(start),
              End: timeText(end),
              ExitCode: exitCode,
              Output: output,
            })),
          },
        }),
  };
}

function configJson({ spec: { config } }: Container): JsonObject {
  return {
    Hostname: config.Hostname,
    Domainname: config.Domainname,
    User: config.User,
    AttachStdin: config.AttachStdin,
    AttachStdout: config.AttachStdout,
    AttachStderr: config.AttachStderr,
    ...(config.ExposedPorts === undefined ? {} : { ExposedPorts: emptyObjects(config.ExposedPorts) }),
    Tty: config.Tty,
    OpenStdin: config.OpenStdin,
    StdinOnce: config.StdinOnce,
    Env: config.Env,
    Cmd: config.Cmd,
    ...(config.Healthcheck === undefined ? {} : { Healthcheck: { ...config.Healthcheck } }),
    Image: config.Image,
    Volumes: config.Volumes === null ? null : emptyObjects(config.Volumes),
    WorkingDir: config.WorkingDir,
    Entrypoint: config.Entrypoint,
    OnBuild: null,
    Labels: { ...config.Labels },
    ...(config.StopSignal === undefined ? {} : { StopSignal: config.StopSignal }),
    ...(config.StopTimeout === undefined ? {} : { StopTimeout: config.StopTimeout }),
  };
}

/** Milliseconds since 1970 in RFC 3339, in UTC, as Go writes it: without zeros at the end of the fraction. */
export function timeText(time: number | undefined): string {
  if (time === undefined) return never;
  return new Date(time).toISOString().replace(/\.?0*Z$/, 'Z');
}

function emptyObjects(record: Readonly<Record<string, object>>): JsonObject {
  return Object.fromEntries(Object.keys(record).map((key) => [key, {}]));
}
