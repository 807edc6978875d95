import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../base/files.ts';
import { findProgram } from '../base/find-program.ts';
import { findNetworkProgram, networkPrograms } from '../networks/run-program.ts';
import { LamellaError } from '../base/errors.ts';

/** A program that others keep and that Lamella runs containers with. */
export interface RuntimePart {
  readonly name: string;
  readonly path: string;
  /** As the program tells it: `1.1.5+ds1`. */
  readonly version: string;
}

export interface RuntimeParts {
  /** The OCI runtime: runc or crun. */
  readonly runtime: RuntimePart;
  readonly conmon: RuntimePart;
}

/** What `info` shows: also the parts that lack or do not work here, and why. */
export interface PartReport {
  readonly name: string;
  readonly path: string | undefined;
  readonly version: string | undefined;
  readonly problem: string | undefined;
}

const runtimeNames = ['runc', 'crun'] as const;
/** What Docker calls runc by its containerd. */
const dockerRuntime = 'io.containerd.runc.v2';
const installCommand = 'apt install runc conmon';
const moreConmonFolders = ['/usr/libexec/podman', '/usr/lib/podman', '/usr/libexec/crio', '/usr/lib/crio'];

/**
 * Finds the programs that run containers and makes sure that they work on this machine: crun before 1.9 refuses hosts
 * that mix control groups of versions 1 and 2, and says so only when asked to create something.
 *
 * What was found is kept in `<run>/parts.json` and asked again when one of the programs has changed.
 *
 * @throws LamellaError unavailable `runtime-parts-missing`, with the command that installs them
 */
export async function findRuntimeParts({
  run,
  env = process.env,
}: {
  run: string;
  env?: NodeJS.ProcessEnv;
}): Promise<RuntimeParts> {
  const candidates = findCandidates(env);
  const cache = join(run, 'parts.json');
  const key = JSON.stringify(candidates.map(({ path }) => [path, path === undefined ? 0 : stampOf(path)]));
  const cached = await readCache(cache, key);
  if (cached !== undefined) return cached;
  const parts = choose(await Promise.all(candidates.map(examine)));
  await writeFileAtomically(cache, JSON.stringify({ key, parts })).catch(() => {});
  return parts;
}

/**
 * The same parts with the OCI runtime that a container asks for: `runc`, `crun`, or the path of another one.
 *
 * @throws LamellaError invalid `runtime-unknown`, unavailable `runtime-parts-missing` where it does not work here
 */
export async function withRuntime(parts: RuntimeParts, asked: string): Promise<RuntimeParts> {
  const name = asked === dockerRuntime ? 'runc' : asked;
  if (name === '' || name === parts.runtime.name || name === parts.runtime.path) return parts;
  const path = name.startsWith('/') ? name : findRuntime(name);
  const { version, problem } = await examine({ name: basename(path ?? name), path });
  if (path === undefined || version === undefined) {
    throw new LamellaError('invalid', `unknown or invalid runtime name: ${asked}`, {
      code: 'runtime-unknown',
    });
  }
  if (problem === undefined) return { ...parts, runtime: { name: basename(path), path, version } };
  throw new LamellaError('unavailable', `cannot run containers with ${asked}: ${problem}`, {
    code: 'runtime-parts-missing',
  });
}

function findRuntime(name: string): string | undefined {
  return runtimeNames.some((known) => known === name) ? findProgram([name]) : undefined;
}

/** Every part looked for, with what is wrong with it; those of networks too, without which containers run on none. */
export async function examineRuntimeParts({ env = process.env }: { env?: NodeJS.ProcessEnv } = {}): Promise<
  PartReport[]
> {
  const networking = networkPrograms.map((name) => ({ name, path: findNetworkProgram(name) }));
  return await Promise.all([...findCandidates(env), ...networking].map(examine));
}

interface Candidate {
  readonly name: string;
  readonly path: string | undefined;
}

function findCandidates(env: NodeJS.ProcessEnv): Candidate[] {
  return [
    ...runtimeNames.map((name) => ({ name, path: findProgram([name], { env }) })),
    { name: 'conmon', path: findProgram(['conmon'], { env, folders: moreConmonFolders }) },
  ];
}

function choose(reports: readonly PartReport[]): RuntimeParts {
  const working = reports.flatMap(({ name, path, version, problem }) =>
    path === undefined || problem !== undefined ? [] : [{ name, path, version: version ?? '' }],
  );
  const runtime = working.find(({ name }) => name !== 'conmon');
  const conmon = working.find(({ name }) => name === 'conmon');
  if (runtime !== undefined && conmon !== undefined) return { runtime, conmon };
  const lacking = [
    ...(runtime === undefined ? ['an OCI runtime (runc or crun)'] : []),
    ...(conmon === undefined ? ['conmon'] : []),
  ];
  const broken = reports.flatMap(({ name, path, problem }) =>
    path === undefined || problem === undefined ? [] : [`${name} is there, but: ${problem}`],
  );
  throw new LamellaError(
    'unavailable',
    [`cannot run containers: ${lacking.join(' and ')} is missing`, ...broken].join('; '),
    { code: 'runtime-parts-missing', hint: `Install what is missing: ${installCommand}` },
  );
}

async function examine({ name, path }: Candidate): Promise<PartReport> {
  if (path === undefined) return { name, path, version: undefined, problem: 'not found' };
  const told = await output(path, ['--version']);
  const version = /(?:version:? ?|^nftables v|^aardvark-dns )([^\s]+)/.exec(told.text)?.[1];
  const problem =
    version === undefined
      ? `it does not tell its version: ${told.text.trim().slice(0, 200)}`
      : name === 'crun'
        ? await crunProblem(version)
        : undefined;
  return { name, path, version, problem };
}

/** Learnt by trial: crun 1.8 ends with "cgroups in hybrid mode not supported, drop all controllers from cgroupv1". */
async function crunProblem(version: string): Promise<string | undefined> {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major > 1 || minor >= 9 || !(await isHybrid())) return undefined;
  return `crun ${version} does not support hosts with control groups of versions 1 and 2 together`;
}

async function isHybrid(): Promise<boolean> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const has = (type: string): boolean => lines.some((line) => line.includes(` - ${type} `));
  return has('cgroup') && has('cgroup2');
}

async function readCache(path: string, key: string): Promise<RuntimeParts | undefined> {
  try {
    const cached = JSON.parse(await readFile(path, 'utf8')) as { key: string; parts: RuntimeParts };
    return cached.key === key ? cached.parts : undefined;
  } catch {
    return undefined;
  }
}

function stampOf(path: string): string {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs}/${size}/${ino}`;
}

/** What a program prints, on both streams; '' where it cannot be run. */
async function output(path: string, args: readonly string[]): Promise<{ code: number | null; text: string }> {
  return await new Promise((resolve) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const collect = (piece: Buffer): void => {
      text += piece.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: null, text: error.message }));
    child.on('close', (code) => resolve({ code, text }));
  });
}
