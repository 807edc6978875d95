import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ContainerPaths } from './container-paths.ts';
import type { ContainerSpec } from './types.ts';

const hosts = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::', 'ip6-localnet'],
  ['ff00::', 'ip6-mcastprefix'],
  ['ff02::1', 'ip6-allnodes'],
  ['ff02::2', 'ip6-allrouters'],
];

/** Writes the files that appear in the container as /etc/hosts, /etc/hostname and /etc/resolv.conf. */
export async function writeHostFiles(
  { files }: ContainerPaths,
  { config, hostConfig }: ContainerSpec,
): Promise<void> {
  const shared = hostConfig.NetworkMode === 'host';
  await Promise.all([
    writeFile(files.hosts, shared ? await hostHosts() : hosts.map((line) => `${line.join('\t')}\n`).join('')),
    writeFile(files.hostname, `${config.Hostname}\n`),
    writeFile(files.resolvConf, await resolvConf(shared)),
  ]);
}

/** A name server at the machine's own loopback address cannot be reached from another network namespace. */
async function resolvConf(sharesNetwork: boolean): Promise<string> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  if (sharesNetwork) return text;
  return text
    .split('\n')
    .filter((line) => !/^\s*nameserver\s+(127\.|::1\b)/.test(line))
    .join('\n');
}

async function hostHosts(): Promise<string> {
  return await readFile('/etc/hosts', 'utf8').catch(() => `127.0.0.1\tlocalhost ${hostname()}\n`);
}
