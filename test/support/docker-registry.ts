import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { findPeers } from './peers.ts';

export interface DockerRegistryOptions {
  /** One user, by Basic authentication. */
  readonly user?: { readonly name: string; readonly password: string };
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether manifests may be deleted; true by default. */
  readonly deletes?: boolean;
}

/** A docker-registry 2.8 of the peers with a storage of its own. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly domain: string;
  readonly url: string;
  /** Where it keeps its content: tests may damage that. */
  readonly storage: string;
}

/**
 * Starts a real registry.
 *
 * @returns the reason why that is not possible on this machine, for `t.skip()`
 */
export async function startDockerRegistry(
  options: DockerRegistryOptions = {},
): Promise<DockerRegistry | string> {
  const peers = findPeers();
  if (peers === undefined) return 'the peers are not here, or not started';
  const folder = mkdtempSync(join(tmpdir(), 'lamella-registry-'));
  try {
    peers.run('test', '-x', '/usr/bin/docker-registry');
  } catch {
    rmSync(folder, { recursive: true });
    return 'docker-registry is not among the peers';
  }
  const port = await freePort();
  const scheme = options.tls === undefined ? 'http' : 'https';
  writeFileSync(join(folder, 'config.json'), JSON.stringify(configOf(options, folder, port)));
  if (options.user !== undefined) {
    const line = peers.run('htpasswd', '-Bbn', options.user.name, options.user.password);
    writeFileSync(join(folder, 'htpasswd'), line);
  }
  if (options.tls !== undefined) {
    writeFileSync(join(folder, 'key.pem'), options.tls.key);
    writeFileSync(join(folder, 'cert.pem'), options.tls.cert);
  }
  const run = join(process.env['PEERS_ROOT'] ?? join(homedir(), '.cache/peers'), 'run');
  const child = spawn(run, ['docker-registry', 'serve', join(folder, 'config.json')], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `${scheme}://127.0.0.1:${port}`;
  try {
    await answers(child, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { domain: `127.0.0.1:${port}`, url, storage: join(folder, 'data'), [Symbol.asyncDispose]: stop };
}

/** Its configuration is YAML, of which JSON is a part. */
function configOf(
  { user, tls, deletes = true }: DockerRegistryOptions,
  folder: string,
  port: number,
): unknown {
  return {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: deletes } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls && { tls: { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') } }),
    },
    ...(user && { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}

/** Any answer will do: 401, or 400 to plain HTTP where it wants TLS. */
async function answers(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    try {
      await fetch(`http://127.0.0.1:${port}/v2/`);
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error('docker-registry does not answer');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await gone;
}
