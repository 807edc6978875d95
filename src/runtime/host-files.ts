import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ContainerPaths } from './container-paths.ts';
import { hostsFile, resolvConf } from './host-file-texts.ts';
import type { ContainerSpec } from './types.ts';

/** What a container's networks give it; nothing for one that does not run. */
export interface HostNetwork {
  /** Its own ones. */
  readonly addresses: readonly string[];
  /** Those that know the containers of its networks. */
  readonly nameServers: readonly string[];
  /** More lines of its hosts file: address, then names. */
  readonly linked?: readonly (readonly [address: string, names: string])[];
  /** What `host-gateway` means. */
  readonly hostGateway: string;
}

const noNetwork: HostNetwork = { addresses: [], nameServers: [], hostGateway: '' };

/** Writes the files that appear in the container as /etc/hosts, /etc/hostname and /etc/resolv.conf. */
export async function writeHostFiles(
  { files }: Pick<ContainerPaths, 'files'>,
  spec: ContainerSpec,
  network: HostNetwork = noNetwork,
): Promise<void> {
  const isShared = spec.hostConfig.NetworkMode === 'host';
  await Promise.all([
    writeFile(files.hosts, hostsFile(spec, network, isShared ? await machineHosts() : undefined)),
    writeFile(files.hostname, `${spec.config.Hostname}\n`),
    writeFile(
      files.resolvConf,
      resolvConf(await machineResolvConf(), spec.hostConfig, { ...network, isShared }),
    ),
  ]);
}

/** The machine's /etc/resolv.conf, or what is used behind it. */
export async function machineResolvConf(): Promise<string> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  // systemd-resolved listens on the loopback address only, and keeps what it asks itself beside.
  if (!/^\s*nameserver\s+127\.0\.0\.53\s*$/m.test(text)) return text;
  return await readFile('/run/systemd/resolve/resolv.conf', 'utf8').catch(() => text);
}

async function machineHosts(): Promise<string> {
  return await readFile('/etc/hosts', 'utf8').catch(() => `127.0.0.1\tlocalhost ${hostname()}\n`);
}
