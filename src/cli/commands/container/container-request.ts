import { resolve } from 'node:path';
import type { NewContainer } from '../../../engine/ports/container-engine.ts';
import type { OptionValues } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { Io, TerminalSize } from '../../output/io.ts';
import type { CreateOptions } from './create-options.ts';
import { readEnvironment, readLabels } from './key-value-files.ts';

interface Asked {
  readonly options: OptionValues<CreateOptions>;
  readonly given: ReadonlySet<string>;
  /** The image, then the command. */
  readonly args: readonly string[];
  readonly detach: boolean;
  readonly size: TerminalSize;
}

/** What the engine is asked for, from a command line of `run` or `create`. */
export async function containerRequest(
  { options, given, args, detach, size }: Asked,
  io: Io,
): Promise<NewContainer> {
  const [image = '', ...command] = args;
  const attached = attachedStreams(options, detach);
  return {
    name: options.name,
    platform: options.platform,
    config: {
      Image: image,
      Cmd: command.length > 0 ? command : undefined,
      Entrypoint: options.entrypoint === undefined ? undefined : [options.entrypoint],
      Env: await readEnvironment(options.env, options['env-file'], io),
      Labels: await readLabels(options.label, options['label-file']),
      Hostname: options.hostname ?? '',
      User: options.user ?? '',
      WorkingDir: options.workdir ?? '',
      Tty: options.tty,
      OpenStdin: options.interactive,
      StdinOnce: options.interactive && !detach,
      AttachStdin: attached.stdin,
      AttachStdout: attached.stdout,
      AttachStderr: attached.stderr,
      StopSignal: options['stop-signal'],
      StopTimeout: options['stop-timeout'],
    },
    hostConfig: {
      AutoRemove: options.rm,
      Binds: options.volume.map((volume) => absoluteSource(volume, io.cwd)),
      Tmpfs: Object.fromEntries(options.tmpfs.map(splitTmpfs)),
      NetworkMode: options.network ?? '',
      ReadonlyRootfs: options['read-only'],
      Init: given.has('init') ? options.init : undefined,
      Privileged: options.privileged,
      CapAdd: options['cap-add'],
      CapDrop: options['cap-drop'],
      Memory: options.memory ?? 0,
      NanoCpus: Math.round((options.cpus ?? 0) * 1e9),
      PidsLimit: options['pids-limit'],
      ShmSize: options['shm-size'],
    },
    consoleSize: [size.rows, size.columns],
  };
}

export interface AttachedNames {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Which streams the command line wants: all that make sense, or those of `-a`. */
export function attachedStreams(
  options: Pick<OptionValues<CreateOptions>, 'attach' | 'interactive'>,
  detach: boolean,
): AttachedNames {
  if (detach) return { stdin: false, stdout: false, stderr: false };
  if (options.attach.length === 0) return { stdin: options.interactive, stdout: true, stderr: true };
  const names = new Set(options.attach.map((name) => name.toLowerCase()));
  for (const name of names) {
    if (!['stdin', 'stdout', 'stderr'].includes(name)) {
      throw new CliError(
        `invalid argument ${JSON.stringify(name)} for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR`,
        { exitCode: 125 },
      );
    }
  }
  return { stdin: names.has('stdin'), stdout: names.has('stdout'), stderr: names.has('stderr') };
}

/** `./data:/data` means the folder here, as in Docker since 23.0. */
function absoluteSource(volume: string, cwd: string): string {
  if (!/^\.\.?(\/|:)/.test(volume)) return volume;
  const colon = volume.indexOf(':');
  return colon === -1 ? volume : resolve(cwd, volume.slice(0, colon)) + volume.slice(colon);
}

function splitTmpfs(text: string): [path: string, options: string] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
