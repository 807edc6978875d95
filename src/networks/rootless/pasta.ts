import { existsSync, readFileSync, rmSync } from 'node:fs';
import { gatewayOf, type ConnectOptions, type ForwardedPort } from './connect-options.ts';
import { startDetached, untilReady } from './detached-program.ts';

/** Has pasta(1) connect a network namespace. It ends by itself when the namespace's file goes. */
export async function connectPasta(options: ConnectOptions): Promise<number> {
  const { program, files } = options;
  const pidFile = `${files}.pid`;
  rmSync(pidFile, { force: true });
  const started = startDetached(program, pastaArguments({ ...options, pidFile }), `${files}.log`);
  await untilReady(
    'pasta',
    started,
    () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'),
  );
  return started.pid;
}

/**
 * The gateway leads to nothing of the machine's own (`--no-map-gw`): what listens on its loopback is out of a container's
 * reach, as with Docker.
 */
export function pastaArguments({
  namespace,
  address,
  ports,
  pidFile,
}: Pick<ConnectOptions, 'namespace' | 'address' | 'ports'> & { pidFile: string }): string[] {
  return [
    '--foreground',
    '--quiet',
    '--config-net',
    '--no-map-gw',
    `--pid=${pidFile}`,
    `--address=${address}`,
    '--netmask=24',
    `--gateway=${gatewayOf(address)}`,
    '--ns-ifname=eth0',
    ...portArguments('--tcp-ports', ports, 'tcp'),
    ...portArguments('--udp-ports', ports, 'udp'),
    '--tcp-ns=none',
    '--udp-ns=none',
    `--netns=${namespace}`,
  ];
}

function portArguments(flag: string, ports: readonly ForwardedPort[], protocol: 'tcp' | 'udp'): string[] {
  const wanted = ports.filter((port) => port.protocol === protocol);
  if (wanted.length === 0) return [flag, 'none'];
  return wanted.flatMap(({ hostIp, hostPort, containerPort }) => [
    flag,
    `${hostIp === '' ? '' : `${hostIp}/`}${hostPort}:${containerPort}`,
  ]);
}
