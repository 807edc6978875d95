import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { LamellaError } from '../base/errors.ts';
import { namespaceVariable } from '../base/user.ts';
import { runtimeError } from './runtime-error.ts';
import type { RuntimeParts } from './parts.ts';

interface ConmonOptions {
  readonly parts: RuntimeParts;
  /** The container's ID. */
  readonly id: string;
  /** Folder of this run: conmon makes `attach` and `ctl` in it; `config.json` is there. */
  readonly bundle: string;
  readonly runtimeRoot: string;
  readonly terminal: boolean;
  /** Whether the process has a standard input that may be written to. */
  readonly stdin: boolean;
  /** Whether that input stays open when the one who was attached goes. */
  readonly leaveStdinOpen: boolean;
}

export interface ContainerConmonOptions extends ConmonOptions {
  /** Path of the log; undefined keeps none. */
  readonly log: string | undefined;
  /** Most bytes of it: it begins anew then, in another file of the same name. */
  readonly logLimit: number | undefined;
  /** Where conmon writes `exit` and `oom`. */
  readonly exitFolder: string;
  /** Program and arguments to run when the container has ended. */
  readonly exitCommand: readonly string[];
  /** Descriptors that stay open as long as the container runs. */
  readonly held: readonly number[];
}

export interface ExecConmonOptions extends ConmonOptions {
  /** Path of a file with the process as JSON. */
  readonly process: string;
  /** Called when the streams can be attached to; the process starts when it is done. */
  readonly attach: (() => void) | undefined;
}

/**
 * Has conmon create a container, which then waits to be started. conmon leaves this process (it forks twice) and holds
 * the container's streams until its end.
 *
 * @returns the pid of the container's first process
 * @throws LamellaError of the OCI runtime, see {@link runtimeError}
 */
export async function createWithConmon(options: ContainerConmonOptions): Promise<{ pid: number }> {
  const [exitProgram = '', ...exitArguments] = options.exitCommand;
  const child = spawnConmon(options, { extraPipes: 0, held: options.held }, [
    '--persist-dir',
    options.exitFolder,
    '--log-path',
    options.log === undefined ? 'none' : `k8s-file:${options.log}`,
    ...(options.logLimit === undefined ? [] : ['--log-size-max', String(options.logLimit)]),
    '--no-sync-log',
    '--exit-command',
    exitProgram,
    ...exitArguments.flatMap((argument) => ['--exit-command-arg', argument]),
  ]);
  const messages = readMessages(child);
  try {
    return { pid: await readPid(messages, 'create', child) };
  } finally {
    child.sync.destroy();
  }
}

/**
 * Has conmon run one more process in a running container.
 *
 * @returns its pid and, once it has ended, its exit code
 */
export async function execWithConmon(
  options: ExecConmonOptions,
): Promise<{ pid: number; exitCode: Promise<number> }> {
  const child = spawnConmon(options, { extraPipes: options.attach === undefined ? 0 : 2, held: [] }, [
    '--exec',
    '--exec-process-spec',
    options.process,
    '--log-path',
    'none',
    ...(options.attach === undefined ? [] : ['--exec-attach']),
  ]);
  if (options.attach !== undefined) await letAttach(child, options.attach);
  const messages = readMessages(child);
  const pid = await readPid(messages, 'exec', child);
  return { pid, exitCode: messages.next().then((message) => message.value?.data ?? 255) };
}

interface Conmon {
  readonly process: ChildProcess;
  readonly sync: Duplex;
  readonly extra: readonly Duplex[];
  readonly errors: () => string;
}

/** Pipes for conmon: 3 tells of pid, exit code and errors; for exec 4 tells that one may attach, 5 gives the start. */
function spawnConmon(
  options: ConmonOptions,
  { extraPipes, held }: { extraPipes: number; held: readonly number[] },
  more: readonly string[],
): Conmon {
  const { parts, id, bundle } = options;
  const namespace = process.env[namespaceVariable];
  const child = spawn(
    parts.conmon.path,
    [
      '--api-version',
      '1',
      '--cid',
      id,
      '--cuuid',
      id,
      '--runtime',
      parts.runtime.path,
      '--runtime-arg',
      '--root',
      '--runtime-arg',
      options.runtimeRoot,
      '--bundle',
      bundle,
      '--container-pidfile',
      join(bundle, 'pid'),
      '--conmon-pidfile',
      join(bundle, 'conmon.pid'),
      '--full-attach',
      '--log-level',
      'error',
      ...(options.terminal ? ['--terminal'] : []),
      ...(options.stdin ? ['--stdin'] : []),
      ...(options.stdin && options.leaveStdinOpen ? ['--leave-stdin-open'] : []),
      ...more,
    ],
    {
      cwd: bundle,
      // Nothing of the caller's surroundings reaches the runtime: containers and labels cannot lean on it.
      env: {
        PATH: process.env['PATH'] ?? '',
        _OCI_SYNCPIPE: '3',
        // The exit command belongs into the same user namespace.
        ...(namespace === undefined ? {} : { [namespaceVariable]: namespace }),
        ...(extraPipes > 0 ? { _OCI_ATTACHPIPE: '4', _OCI_STARTPIPE: '5' } : {}),
      },
      stdio: ['ignore', 'ignore', 'pipe', ...Array<'pipe'>(1 + extraPipes).fill('pipe'), ...held],
    },
  );
  let errors = '';
  child.stderr?.on('data', (piece: Buffer) => (errors += piece.toString('utf8')));
  const [sync, ...extra] = child.stdio.slice(3, 4 + extraPipes) as Duplex[];
  if (sync === undefined) throw new Error('conmon was spawned without its pipe');
  for (const pipe of [sync, ...extra]) pipe.on('error', () => {});
  child.on('error', (error) => sync.destroy(error));
  return { process: child, sync, extra, errors: () => errors.trim() };
}

async function letAttach(
  { extra: [attachPipe, startPipe], sync }: Conmon,
  attach: () => void,
): Promise<void> {
  if (attachPipe === undefined || startPipe === undefined)
    throw new Error('conmon was spawned without pipes');
  startPipe.write('begin\n');
  const ready = await Promise.race([
    new Promise<boolean>((resolve) => attachPipe.once('data', () => resolve(true))),
    new Promise<boolean>((resolve) => attachPipe.once('close', () => resolve(false))),
    new Promise<boolean>((resolve) => sync.once('close', () => resolve(false))),
  ]);
  // Where conmon has failed already, reading its first message tells why.
  if (ready) attach();
  startPipe.end('start\n');
  attachPipe.destroy();
}

interface Message {
  readonly data: number;
  readonly message?: string;
}

/** Lines such as `{"data": 123}`, or `{"data": -1, "message": "…"}`. */
async function* readMessages({ sync }: Conmon): AsyncGenerator<Message, undefined> {
  let rest = '';
  for await (const piece of sync as AsyncIterable<Buffer>) {
    rest += piece.toString('utf8');
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield parseMessage(rest.slice(0, end));
      rest = rest.slice(end + 1);
    }
  }
  return undefined;
}

/** conmon passes the runtime's words on with little care for JSON, so what cannot be read as such is the message. */
function parseMessage(line: string): Message {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return { data: -1, message: line };
  }
}

async function readPid(
  messages: AsyncGenerator<Message, undefined>,
  action: 'create' | 'exec',
  conmon: Conmon,
): Promise<number> {
  const first = await messages.next().catch((error: unknown) => {
    throw new LamellaError('unavailable', `cannot run conmon: ${String(error)}`, { code: 'conmon-failed' });
  });
  if (first.value === undefined) {
    throw new LamellaError('unavailable', `conmon ended early: ${conmon.errors() || 'it gave no reason'}`, {
      code: 'conmon-failed',
    });
  }
  const { data, message } = first.value;
  if (data > 0) return data;
  throw runtimeError(action, message ?? '');
}
