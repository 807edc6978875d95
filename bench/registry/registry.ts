import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PeerRoot } from '../engines/peer-root.ts';
import { timed } from '../harness/timed.ts';

/** docker-registry on this machine, its data on the disk of all the stores. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The same, over a slow and unsteady line: see slow-link.ts. */
  readonly slowHost: string;
  /** Puts an archive of an image into the registry, under a name such as `bench/debian:gzip`. */
  put(archive: string, name: string, options?: { zstd?: boolean }): void;
  /** Empties a repository, so that all must be sent again. */
  forget(repository: string): void;
}

export async function openRegistry(root: PeerRoot, work: string): Promise<Registry> {
  const [port, slowPort] = [await freePort(), await freePort()];
  const data = join(work, 'registry');
  writeFileSync(
    join(work, 'registry.yml'),
    [
      'version: 0.1',
      'log: {level: error}',
      `storage: {filesystem: {rootdirectory: ${root.see(data)}}}`,
      `http: {addr: "127.0.0.1:${port}"}`,
    ].join('\n'),
  );
  const { argv } = root.command(['docker-registry', 'serve', root.see(join(work, 'registry.yml'))]);
  const link = join(import.meta.dirname, 'slow-link.ts');
  const children = [
    start(argv),
    start([process.execPath, link, String(slowPort), String(port), '100', '0.01']),
  ];
  await Promise.all([port, slowPort].map(reachable));
  return {
    host: `127.0.0.1:${port}`,
    slowHost: `127.0.0.1:${slowPort}`,
    put(archive, name, { zstd = false } = {}) {
      const recompress = zstd ? ['--dest-compress', '--dest-compress-format', 'zstd'] : [];
      const copy = ['skopeo', 'copy', '--insecure-policy', '--dest-tls-verify=false', ...recompress];
      const target = `docker://127.0.0.1:${port}/${name}`;
      timed(root.command([...copy, `docker-archive:${root.see(archive)}`, target]));
    },
    forget: (repository) =>
      rmSync(join(data, 'docker', 'registry', 'v2', 'repositories', repository), {
        recursive: true,
        force: true,
      }),
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
    },
  };
}

function start([program = '', ...rest]: readonly string[]): ChildProcess {
  return spawn(program, rest, { stdio: 'ignore' });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const answered = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answered) return;
    await delay(100);
  }
  throw new Error(`nobody listens on port ${port}`);
}
