import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { lamellaCommand, runCommand, whyNoContainers, type CommandResult } from './command.ts';

/** A user of the machine that is made for a test, with a home of their own. */
export interface OrdinaryUser {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  /** What a shell of theirs makes of a line; `lamella` in it is this checkout's. */
  readonly run: (line: string) => Promise<CommandResult>;
  /** The same, for lines that must succeed: gives what was printed. */
  readonly ok: (line: string) => Promise<string>;
}

export interface UserOptions {
  /** Whether IDs are set aside for them in /etc/subuid and /etc/subgid. */
  readonly withRange: boolean;
}

/** Undefined where the machine cannot, having skipped the test aloud. */
export async function makeOrdinaryUser(
  t: TestContext,
  { withRange }: UserOptions,
): Promise<OrdinaryUser | undefined> {
  const problem = whyNot();
  if (problem !== undefined) {
    t.skip(problem);
    return undefined;
  }
  const home = mkdtempSync(join(tmpdir(), 'lamella-test-'));
  const name = `lt${process.pid}${withRange ? 'r' : 's'}`;
  demand('useradd', ['--home-dir', home, '--shell', '/bin/sh', '--no-create-home', '--user-group', name]);
  const uid = Number(spawnSync('id', ['-u', name], { encoding: 'utf8' }).stdout);
  t.after(() => remove(name, uid, home));
  setRange(name, uid, withRange);
  demand('chown', [String(uid), home]);
  demand('chmod', ['755', home]);
  const run = (line: string): Promise<CommandResult> =>
    runCommand(
      'unshare',
      ['--mount', 'sh', '-c', become, 'sh', name, `lamella() { ${lamellaCommand} "$@"; }; ${line}`],
      {
        cwd: home,
        env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8' },
      },
    );
  const first = await run('lamella version && unshare --user true');
  if (first.code !== 0) {
    t.skip(`an ordinary user cannot: ${first.stderr.trim()}`);
    return undefined;
  }
  return {
    name,
    uid,
    home,
    run,
    async ok(line) {
      const { code, stdout, stderr } = await run(line);
      if (code !== 0) throw new Error(`${line} ended with ${code}:\n${stderr}${stdout}`);
      return stdout;
    },
  };
}

/** Every machine's /dev/net/tun is for everybody, but for some that have no udev: there it is put right for the test alone. */
const become = `
if ! setpriv --reuid "$1" --regid "$1" --clear-groups -- test -w /dev/net/tun; then
  mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200
fi
exec setpriv --reuid "$1" --regid "$1" --clear-groups -- sh -c "$2"`;

function whyNot(): string | undefined {
  const problem = whyNoContainers();
  if (problem !== undefined) return problem;
  for (const path of ['/usr/bin/newuidmap', '/usr/bin/newgidmap']) {
    if (!existsSync(path)) return `${path} is not there (package uidmap)`;
  }
  try {
    accessSync('/etc/passwd', constants.W_OK);
  } catch {
    return 'no user can be added to this machine';
  }
  return undefined;
}

/** useradd(8) gives a range or not, as /etc/login.defs says. */
function setRange(name: string, uid: number, wanted: boolean): void {
  for (const kind of ['uids', 'gids'] as const) {
    const file = kind === 'uids' ? '/etc/subuid' : '/etc/subgid';
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const own = lines.find((line) => line.startsWith(`${name}:`));
    if (wanted && own === undefined) {
      const start = 1_000_000_000 + uid * 65_536;
      demand('usermod', [`--add-sub${kind}`, `${start}-${start + 65_535}`, name]);
    } else if (!wanted && own !== undefined) {
      const [, start = '', count = ''] = own.split(':');
      demand('usermod', [`--del-sub${kind}`, `${start}-${Number(start) + Number(count) - 1}`, name]);
    }
  }
}

function remove(name: string, uid: number, home: string): void {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (ownerOf(pid) === uid) process.kill(Number(pid), 'SIGKILL');
  }
  spawnSync('userdel', ['--force', name]);
  for (const path of [home, `/tmp/lamella-${uid}`]) {
    rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

function ownerOf(pid: string): number | undefined {
  try {
    return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function demand(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
