import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { removeStrays } from '../../src/networks/strays.ts';

/** The command as people start it. */
export const lamellaCommand: string = join(import.meta.dirname, '..', '..', 'bin', 'lamella');

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: Uint8Array | string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** A store of the test's own, removed with its containers and mounts when the test ends. */
export interface TestStore {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** The same, for steps that must succeed: gives what was printed, without the last newline. */
  ok(args: readonly string[], options?: CommandOptions): Promise<string>;
}

export function createTestStore(t: TestContext, env: NodeJS.ProcessEnv = {}): TestStore {
  const root = mkdtempSync(join(tmpdir(), 'lamella-test-'));
  const environment = { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', LAMELLA_ROOT: root, ...env };
  t.after(async () => {
    spawnSync(
      'sh',
      ['-c', `ids=$(${lamellaCommand} ps -aq) && [ -z "$ids" ] || ${lamellaCommand} rm -f $ids`],
      {
        env: environment,
        stdio: 'ignore',
      },
    );
    // What conmon calls at a container's end may still close the database.
    rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    if (process.platform === 'linux' && process.getuid?.() === 0) await removeStrays();
  });
  const run = (args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> =>
    runCommand(lamellaCommand, args, { ...options, env: { ...environment, ...options.env } });
  return {
    root,
    env: environment,
    run,
    async ok(args, options) {
      const result = await run(args, options);
      if (result.code !== 0) {
        throw new Error(
          `lamella ${args.join(' ')} ended with ${result.code}:\n${result.stderr}${result.stdout}`,
        );
      }
      return result.stdout.replace(/\n$/, '');
    },
  };
}

export function runCommand(
  command: string,
  args: readonly string[],
  { input, env, cwd }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env: env ?? process.env, cwd, stdio: 'pipe' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
    child.stderr.on('data', (piece: Buffer) => stderr.push(piece));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? (signal === null ? 255 : 128),
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Why containers cannot run on this machine, or undefined where they can. */
export function whyNoContainers(): string | undefined {
  if (process.platform !== 'linux') return 'running containers needs Linux';
  if (process.getuid?.() !== 0) return 'running containers needs root';
  const found = (name: string): boolean =>
    (process.env['PATH'] ?? '').split(':').some((folder) => {
      try {
        return readdirSync(folder).includes(name);
      } catch {
        return false;
      }
    });
  if (!found('conmon')) return 'conmon is not installed';
  if (!found('runc') && !found('crun')) return 'neither runc nor crun is installed';
  return undefined;
}
