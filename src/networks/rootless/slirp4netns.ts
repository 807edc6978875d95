import { existsSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { LamellaError } from '../../base/errors.ts';
import type { ConnectOptions, ForwardedPort } from './connect-options.ts';
import { startDetached, untilReady } from './detached-program.ts';

/** Has slirp4netns(1) connect a network namespace; ports are asked for over its socket. */
export async function connectSlirp({
  program,
  namespace,
  address,
  ports,
  files,
}: ConnectOptions): Promise<number> {
  const socket = `${files}.sock`;
  rmSync(socket, { force: true });
  const started = startDetached(
    program,
    [
      '--configure',
      `--cidr=${address.replace(/\d+$/, '0/24')}`,
      '--mtu=65520',
      '--disable-host-loopback',
      '--enable-seccomp',
      `--api-socket=${socket}`,
      '--netns-type=path',
      namespace,
      'eth0',
    ],
    `${files}.log`,
  );
  // The socket is there once the device is.
  await untilReady('slirp4netns', started, () => existsSync(socket));
  for (const port of ports) await forward(socket, port);
  return started.pid;
}

interface Answer {
  readonly error?: { readonly desc?: string };
}

async function forward(socket: string, port: ForwardedPort): Promise<void> {
  const answer = await ask(socket, {
    execute: 'add_hostfwd',
    arguments: {
      proto: port.protocol,
      host_addr: port.hostIp === '' ? '0.0.0.0' : port.hostIp,
      host_port: port.hostPort,
      guest_port: port.containerPort,
    },
  });
  if (answer.error === undefined) return;
  throw new LamellaError(
    'conflict',
    `slirp4netns cannot publish port ${port.hostPort}: ${answer.error.desc ?? 'it gave no reason'}`,
    { code: 'port-in-use' },
  );
}

/** One question a connection: slirp4netns answers when the question's side is closed. */
async function ask(path: string, question: object): Promise<Answer> {
  const connection = connect({ path, allowHalfOpen: true });
  connection.end(JSON.stringify(question));
  let text = '';
  for await (const piece of connection as AsyncIterable<Buffer>) text += piece.toString('utf8');
  return JSON.parse(text === '' ? '{}' : text) as Answer;
}
