import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LamellaError } from '../base/errors.ts';
import { removeTree } from '../base/files.ts';
import { attachTo, type AttachedStreams } from './attach.ts';
import { execWithConmon } from './conmon.ts';
import type { ContainerPaths } from './container-paths.ts';
import { appArmorProfile } from './app-armor.ts';
import { availableCapabilities, containerUser } from './machine.ts';
import type { RuntimeParts } from './parts.ts';
import type { RuntimeProcess } from './spec/oci-spec.ts';
import { execProcess } from './spec/process.ts';
import type { Container } from './types.ts';

export interface ExecRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly detach: boolean;
  readonly privileged: boolean;
  readonly env: readonly string[];
  /** '' takes the container's. */
  readonly user: string;
  /** '' takes the container's. */
  readonly workingDir: string;
  readonly consoleSize: readonly [rows: number, columns: number];
}

export interface RunningExec extends AttachedStreams {
  /** The exit code, once the process has ended; 0 at once for one that was detached. */
  readonly exitCode: Promise<number>;
}

/** Runs one more process in a container that runs. */
export async function execIn(
  container: Container,
  request: ExecRequest,
  { paths, parts }: { paths: ContainerPaths; parts: RuntimeParts },
): Promise<RunningExec> {
  if (request.command.length === 0) {
    throw new LamellaError('invalid', 'No exec command specified', { code: 'command-missing' });
  }
  const bundle = join(paths.bundle, `exec-${randomBytes(16).toString('hex')}`);
  const processFile = join(bundle, 'process.json');
  const process = processIn(container, request);
  await mkdir(bundle, { mode: 0o700 });
  try {
    await writeFile(processFile, JSON.stringify(process), { mode: 0o600 });
    let streams: AttachedStreams | undefined;
    const { exitCode } = await execWithConmon({
      parts,
      id: container.id,
      bundle,
      runtimeRoot: paths.runtimeRoot,
      process: processFile,
      terminal: request.tty,
      stdin: request.stdin && !request.detach,
      leaveStdinOpen: false,
      attach: request.detach
        ? undefined
        : () => {
            streams = attachTo(bundle, { stdin: request.stdin, stdout: true, stderr: true });
          },
    });
    if (streams === undefined) return detached(exitCode);
    const ended = async (): Promise<number> => {
      try {
        return await exitCode;
      } finally {
        await removeTree(bundle);
      }
    };
    return { ...streams, exitCode: ended() };
  } catch (error) {
    await removeTree(bundle);
    throw error;
  }
}

/** What the OCI runtime is told of a further process in a container that runs. */
export function processIn(
  { spec, state }: Container,
  request: Omit<ExecRequest, 'stdin' | 'detach'>,
): RuntimeProcess {
  const user = containerUser(
    `/proc/${state.pid}/root`,
    request.user === '' ? spec.config.User : request.user,
    spec.hostConfig.GroupAdd,
  );
  return execProcess(spec, {
    ...request,
    user,
    capabilities: availableCapabilities(),
    appArmor: appArmorProfile(spec.hostConfig),
  });
}

/** The folder stays as long as the container runs: conmon still holds its files. */
function detached(exitCode: Promise<number>): RunningExec {
  exitCode.catch(() => {});
  return {
    output: (async function* () {})(),
    write: () => Promise.resolve(),
    closeInput: () => Promise.resolve(),
    resize: () => Promise.resolve(),
    exitCode: Promise.resolve(0),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
