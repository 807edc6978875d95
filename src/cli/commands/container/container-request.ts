import type { NewContainer } from '../../../engine/ports/container-engine.ts';
import { formatOptions } from '../../arguments/format-options.ts';
import type { OptionValues } from '../../arguments/options.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { Io, TerminalSize } from '../../output/io.ts';
import { createOptions, type CreateOptions } from './create-options.ts';
import { lifeRequest } from './creation/life-options.ts';
import { limitRequest } from './creation/limit-options.ts';
import { networkRequest } from './creation/network-options.ts';
import { processRequest } from './creation/process-options.ts';
import { securityRequest } from './creation/security-options.ts';
import { storageRequest } from './creation/storage-options.ts';

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
  const life = lifeRequest(options, given);
  const network = networkRequest(options);
  const storage = storageRequest(options, io.cwd);
  return {
    name: options.name,
    platform: options.platform,
    config: {
      Image: image,
      Cmd: command.length > 0 ? command : undefined,
      StdinOnce: options.interactive && !detach,
      AttachStdin: attached.stdin,
      AttachStdout: attached.stdout,
      AttachStderr: attached.stderr,
      ...(await processRequest(options, io)),
      ...life.config,
      ...network.config,
      ...storage.config,
    },
    hostConfig: {
      ContainerIDFile: options.cidfile ?? '',
      ...life.hostConfig,
      ...network.hostConfig,
      ...storage.hostConfig,
      ...(await securityRequest(options)),
      ...limitRequest(options),
    },
    endpoints: network.endpoints,
    consoleSize: [size.rows, size.columns],
    createCommand: createCommand(options, given, args),
  };
}

/** Not for a service: what systemd does itself, or what it gives another value. */
const notForServices: ReadonlySet<string> = new Set(['attach', 'interactive', 'name', 'restart', 'rm']);

function createCommand(
  options: OptionValues<CreateOptions>,
  given: ReadonlySet<string>,
  args: readonly string[],
): string[] {
  const kept = new Set([...given].filter((name) => !notForServices.has(name)));
  return [...formatOptions(createOptions, options, kept), ...args];
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
