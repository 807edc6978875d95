import {
  accessSync,
  constants,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCommandLine } from '../../src/cli/run.ts';
import { createFakeIo } from '../../src/cli/testing/fake-io.ts';
import type { Engine } from '../../src/engine/ports/engine.ts';
import { openEngine } from '../../src/engine/engine.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { lamellaCommand, runCommand, type CommandResult } from './command.ts';

const killer = pathToFileURL(join(import.meta.dirname, 'kill-at-step.ts')).href;

/** In memory where that is possible: nobody cuts the power here, so that waiting for a disk would prove nothing. */
export function makeLabFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return mkdtempSync('/dev/shm/lamella-crash-');
  } catch {
    return mkdtempSync(join(tmpdir(), 'lamella-crash-'));
  }
}

export interface CommandInput {
  readonly input?: Uint8Array;
  /** Seconds; as long as usual where it is not given. */
  readonly undoWindow?: number;
}

interface SteppedRun extends CommandResult {
  /** What was about to be done, in order; the last one was not where the command was killed. */
  readonly steps: readonly string[];
}

/** Runs the real command and kills it just before its n-th step. */
export function runKilledAt(
  root: string,
  args: readonly string[],
  step: number,
  options: CommandInput,
): Promise<SteppedRun> {
  return runStepped(root, args, { KILL_AT_STEP: String(step) }, options);
}

/** Runs the real command to its end, and keeps what the store was before the n-th step in `<copies>/n`. */
export function runWithCopies(
  root: string,
  args: readonly string[],
  copies: string,
  options: CommandInput,
): Promise<SteppedRun> {
  return runStepped(root, args, { KILL_COPIES: copies }, options);
}

async function runStepped(
  root: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { input, undoWindow }: CommandInput,
): Promise<SteppedRun> {
  const log = `${root}.log`;
  writeFileSync(log, '');
  const result = await runCommand(lamellaCommand, args, {
    ...(input && { input }),
    env: {
      ...process.env,
      ...env,
      ...undoEnvironment(undoWindow),
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      LAMELLA_ROOT: root,
      NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${killer}`,
      KILL_LOG: log,
    },
  });
  const steps = readFileSync(log, 'utf8').trimEnd().split('\n');
  rmSync(log);
  return { ...result, steps };
}

function undoEnvironment(undoWindow: number | undefined): NodeJS.ProcessEnv {
  return undoWindow === undefined ? {} : { LAMELLA_UNDO_WINDOW: String(undoWindow) };
}

/** The same command line, without the cost of a new process. */
export async function runHere(
  root: string,
  args: readonly string[],
  { input = new Uint8Array(), undoWindow }: CommandInput = {},
): Promise<CommandResult> {
  const io = createFakeIo();
  const stdin = {
    isTerminal: false,
    async *stream() {
      yield input;
    },
  };
  const code = await runCommandLine(args, {
    io: { ...io, stdin },
    openEngine: async () => openEngine({ root, env: undoEnvironment(undoWindow) }),
    version: '',
  });
  return { code, ...io.output };
}

/** What can be seen of a store from the outside, read without spawning anything. */
export interface StoreView {
  readonly problems: readonly string[];
  /** Image ID by tag. */
  readonly tags: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  /** All files but the database's, with their sizes. */
  readonly files: readonly string[];
  /** Rows of the tables that name content. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Checks everything, and proves of each tag that its image can be saved and loaded elsewhere. */
export async function viewStore(root: string, provenImages: Set<string>): Promise<StoreView> {
  await using engine = openEngine({ root, env: {} });
  const { damage } = await (await engine.system()).check({ repair: false });
  const problems = damage.map(({ kind, subject, problem }) => `${kind} ${subject}: ${problem}`);
  const images = await (await engine.images()).list({ all: true, filters: {} });
  const tags: Record<string, string> = {};
  for (const { Id: id, RepoTags: repoTags } of images) {
    for (const tag of repoTags) tags[tag] = id;
    const tag = repoTags[0];
    if (tag === undefined) continue;
    const problem = await saveProblem(engine, tag, id, provenImages);
    if (problem !== undefined) problems.push(problem);
  }
  return { problems, tags, images: images.map(({ Id: id }) => id), files: filesOf(root), rows: rowsOf(root) };
}

async function saveProblem(
  engine: Engine,
  tag: string,
  id: string,
  proven: Set<string>,
): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await (await engine.images()).save([tag], { platform: undefined })).content)
    pieces.push(Uint8Array.from(piece));
  const archive = Buffer.concat(pieces);
  const key = `${tag} ${id} ${archive.toString('base64')}`;
  if (proven.has(key)) return undefined;
  const elsewhere = makeLabFolder();
  try {
    await using other = openEngine({ root: elsewhere, env: {} });
    const source = (async function* () {
      yield archive;
    })();
    for await (const loaded of (await other.images()).load(source, { platform: undefined })) {
      if (loaded.id !== id) return `${tag} was saved as ${loaded.id}, not as ${id}`;
    }
    proven.add(key);
    return undefined;
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
}

function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return relative(root, path) + (entry.isDirectory() ? '/' : ` ${statSync(path).size}`);
    })
    .filter((line) => !line.startsWith('lamella.db'))
    .sort();
}

function rowsOf(root: string): Record<string, number> {
  using db = openDatabase(join(root, 'lamella.db'), migrations);
  const tables = ['blobs', 'layers', 'layer_blobs', 'images', 'image_layers', 'image_manifests', 'leases'];
  return Object.fromEntries(
    tables.map((table) => [table, db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0]),
  );
}

export function copyStore(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}
