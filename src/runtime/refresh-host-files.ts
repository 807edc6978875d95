import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ContainerPaths } from './container-paths.ts';
import { hostsLines, ownHostNames, resolvConf } from './host-file-texts.ts';
import { machineResolvConf, type HostNetwork } from './host-files.ts';
import type { ContainerSpec } from './types.ts';

/**
 * Has the files of a running container follow its networks. They are written in place, for they are mounted; what the
 * container has written into them stays.
 */
export async function refreshHostFiles(
  { files }: Pick<ContainerPaths, 'files'>,
  spec: ContainerSpec,
  network: HostNetwork,
): Promise<void> {
  const names = ownHostNames(spec.config);
  const hosts = readFileSync(files.hosts, 'utf8').split(/(?<=\n)/);
  const others = hosts.filter((line) => line.trimEnd().split('\t').slice(1).join('\t') !== names);
  writeFileSync(
    files.hosts,
    others.join('') + hostsLines(network.addresses.map((address) => [address, names])),
  );
  const wanted = resolvConf(await machineResolvConf(), spec.hostConfig, { ...network, isShared: false });
  const current = await readFile(files.resolvConf, 'utf8');
  if (withoutServers(current) === withoutServers(wanted)) writeFileSync(files.resolvConf, wanted);
}

function withoutServers(text: string): string {
  return text.replace(/^nameserver .*\n/gm, '');
}
