import { spawnSync } from 'node:child_process';
import { findProgram } from '../base/find-program.ts';
import { LamellaError } from '../base/errors.ts';

/** What `GET /containers/{id}/top` of the Docker Engine API answers. */
export interface ContainerTop {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/**
 * What the machine's ps(1) says of some processes.
 *
 * @param options of ps, in one text; '' is `-ef`
 * @throws LamellaError invalid `ps-failed`, unavailable `ps-missing`
 */
export function listProcesses(pids: readonly number[], options: string): ContainerTop {
  const asked = (options === '' ? '-ef' : options).split(' ');
  checkOptions(options);
  const ps = findProgram(['ps']);
  if (ps === undefined) {
    throw new LamellaError('unavailable', 'ps is not installed', {
      code: 'ps-missing',
      hint: 'Install it: apt install procps',
    });
  }
  const run = (args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(ps, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  const chosen = run([...asked, `-q${pids.join(',')}`]);
  // Some options, such as f, cannot be used together with -q.
  const { status, stdout, stderr } = chosen.status === 0 ? chosen : run(asked);
  if (status !== 0) throw failed(stderr.split('\n', 1)[0] || `ps: exit status ${status}`);
  return parseProcesses(stdout, pids);
}

/** Another column that calls itself PID would be taken for it. */
function checkOptions(options: string): void {
  for (const [, name = '', title = ''] of options.matchAll(/\s+(\S*)=\s*(PID\S*)/g)) {
    if (name !== 'pid') throw failed(`specifying "${name}=${title}" is not allowed`);
  }
}

/** The lines of `pids`, by columns; of a process with threads also the lines of these, which have `-` for a pid. */
export function parseProcesses(output: string, pids: readonly number[]): ContainerTop {
  const [titles = [], ...lines] = output.split('\n').map((line) => line.trim().split(/[\t\v\f\r ]+/));
  const column = titles.indexOf('PID');
  if (column === -1) throw failed("Couldn't find PID field in ps output");
  const known = new Set(pids.map(String));
  let isOurs = false;
  const processes = lines.filter((fields) => {
    const pid = fields[column];
    if (pid === undefined) return false;
    if (pid !== '-') isOurs = known.has(pid);
    return isOurs;
  });
  const last = titles.length - 1;
  return {
    Titles: titles,
    Processes: processes.map((fields) => [...fields.slice(0, last), fields.slice(last).join(' ')]),
  };
}

function failed(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'ps-failed' });
}
