import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { isLamellaError } from '../base/errors.ts';
import { removeTree } from '../base/files.ts';
import { adaptHostConfig, sharedHostname } from './adapt-host-config.ts';
import { adaptNetwork } from './adapt-network.ts';
import { readAbilities } from './cgroups/abilities.ts';
import { currentOwner } from '../db/process-owner.ts';
import type { ContainerNetworks } from '../networks/container-networks.ts';
import { networkedContainer } from './container-network.ts';
import { containerPaths, draftFolder, type ContainerPaths, type RuntimeFolders } from './container-paths.ts';
import type { ContainerStore } from './container-store.ts';
import { checkHealthcheck, mergeHealthcheck } from './health/health-settings.ts';
import { writeHostFiles } from './host-files.ts';
import type { ContainerMounts } from './mounts/container-mounts.ts';
import { logSettings } from './logs/log-settings.ts';
import { parseContainerName, randomName } from './names.ts';
import { checkRestartPolicy } from './restart-policy.ts';
import { parseSentSignal } from './signals.ts';
import { mergeCommand } from './spec/command.ts';
import { mergeEnvironment } from './spec/environment.ts';
import { tmpfsMount } from './spec/mounts.ts';
import { sharedContainer } from './spec/namespaces.ts';
import { workingDirectory } from './spec/process.ts';
import type { Container, ContainerImage, ContainerRequest, ContainerSpec } from './types.ts';

/**
 * Makes a container of an image: its row, and its folder with the files that appear under /etc. Nothing is mounted.
 * Warnings tell what of the request this machine cannot do.
 *
 * @throws LamellaError conflict `container-name-in-use`; invalid for whatever in the request cannot be
 */
export async function createContainer(
  {
    store,
    folders,
    driverName,
    networks,
    mounts,
    now,
  }: {
    store: ContainerStore;
    folders: RuntimeFolders;
    driverName: string;
    networks: ContainerNetworks;
    mounts: ContainerMounts;
    now: () => number;
  },
  request: ContainerRequest,
  image: ContainerImage,
): Promise<{ container: Container; warnings: readonly string[] }> {
  const name = request.name === undefined ? undefined : parseContainerName(request.name);
  const id = randomBytes(32).toString('hex');
  const idOf = (text: string): string => store.find(text).id;
  const { networkMode: NetworkMode, warnings: networkWarnings } = adaptNetwork(request, idOf);
  const adapted = adaptHostConfig(request.hostConfig, readAbilities(), idOf);
  const hostConfig = { ...adapted.hostConfig, NetworkMode };
  const warnings = [...adapted.warnings, ...networkWarnings];
  const plan = mounts.plan(id, request, image, (text) => store.find(text));
  const sharesNetworkOf = sharedContainer(NetworkMode);
  const config =
    sharesNetworkOf === undefined
      ? request.config
      : { ...request.config, Hostname: store.find(sharesNetworkOf).spec.config.Hostname };
  const spec = containerSpec(id, { ...request, config, hostConfig }, image, plan.mounts);
  const paths = containerPaths(folders, id);
  logSettings(hostConfig.LogConfig);
  await makeFolder(paths);
  try {
    await writeHostFiles(paths, spec);
    await Promise.all([
      mkdir(paths.exitFolder),
      mkdir(paths.upper),
      writeFile(paths.log, '', { mode: 0o640 }),
    ]);
    for (let attempt = 0; ; attempt += 1) {
      const container: Container = {
        id,
        name: name ?? randomName(attempt),
        imageId: image.id,
        imageName: request.config.Image,
        createdAt: now(),
        driver: driverName,
        spec,
        status: 'created',
        state: {},
      };
      try {
        store.insert(container, image.diffIds, () => {
          networks.join(networkedContainer(container));
          mounts.join(id, plan);
        });
        return { container, warnings };
      } catch (error) {
        if (name !== undefined || !isLamellaError(error, 'conflict')) throw error;
      }
    }
  } catch (error) {
    await removeTree(paths.folder);
    throw error;
  }
}

/** The folder appears with its owner in it: without one it would be taken for what a crash has left. */
async function makeFolder({ folder }: ContainerPaths): Promise<void> {
  const draft = draftFolder(folder, process.pid);
  try {
    await mkdir(draft.folder, { recursive: true });
    await writeFile(draft.owner, currentOwner());
    await rename(draft.folder, folder);
  } catch (error) {
    await removeTree(draft.folder);
    throw error;
  }
}

/** The request with the image's defaults, everything in it checked. */
export function containerSpec(
  id: string,
  request: ContainerRequest,
  image: ContainerImage,
  mounts: ContainerSpec['mounts'] = [],
): ContainerSpec {
  const { config, hostConfig } = request;
  const defaults = image.config;
  check(request);
  checkRestartPolicy(hostConfig);
  const stopSignal = config.StopSignal ?? filled(defaults.StopSignal);
  if (stopSignal !== undefined) parseSentSignal(stopSignal);
  const workingDir = filled(config.WorkingDir) ?? defaults.WorkingDir ?? '';
  workingDirectory(workingDir);
  const env = mergeEnvironment(config.Env, defaults.Env ?? []);
  const ports = { ...defaults.ExposedPorts, ...asSet(config.ExposedPorts) };
  const volumes = { ...defaults.Volumes, ...asSet(config.Volumes) };
  const healthcheck = mergeHealthcheck(config.Healthcheck, defaults.Healthcheck);
  if (healthcheck !== undefined) checkHealthcheck(healthcheck);
  return {
    config: {
      Hostname: sharedHostname(hostConfig, filled(config.Hostname)) ?? id.slice(0, 12),
      Domainname: config.Domainname,
      User: filled(config.User) ?? defaults.User ?? '',
      AttachStdin: config.AttachStdin,
      AttachStdout: config.AttachStdout,
      AttachStderr: config.AttachStderr,
      ...(Object.keys(ports).length > 0 ? { ExposedPorts: ports } : {}),
      Tty: config.Tty,
      OpenStdin: config.OpenStdin,
      StdinOnce: config.StdinOnce,
      Env: env.length > 0 ? env : null,
      Image: config.Image,
      Volumes: Object.keys(volumes).length > 0 ? volumes : null,
      WorkingDir: workingDir,
      ...mergeCommand(config, defaults),
      Labels: { ...defaults.Labels, ...config.Labels },
      ...(healthcheck === undefined ? {} : { Healthcheck: healthcheck }),
      ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
      ...(config.StopTimeout === undefined ? {} : { StopTimeout: config.StopTimeout }),
    },
    hostConfig,
    endpoints: request.endpoints,
    mounts,
    consoleSize: request.consoleSize,
    ...(request.createCommand === undefined ? {} : { createCommand: request.createCommand }),
    os: image.os,
  };
}

function check({ hostConfig }: ContainerRequest): void {
  for (const [target, options] of Object.entries(hostConfig.Tmpfs)) tmpfsMount(target, options);
}

function asSet(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
