import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { LamellaError } from '../../base/errors.ts';
import type { Expand } from '../../dockerfile/config/apply-step.ts';
import { instructionError } from '../../dockerfile/instruction-error.ts';
import { parseRunMount, type RunMountOptions } from '../../dockerfile/parse/run-mount.ts';
import type { RunStep } from '../../dockerfile/parse/steps.ts';
import type { BuildRun } from '../build-run.ts';
import type { StepPlace } from '../step-place.ts';
import { cacheKey } from '../cache.ts';
import type { RunMount } from '../request.ts';
import type { StageState } from '../stage-state.ts';
import { contextSource, layersSource, type BindSource } from './bind-source.ts';

/** What a step has mounted: what of it decides the result, and how to get it ready once the step is really done. */
export interface StepMounts {
  /** Of binds the content; of everything else only what was asked for. */
  readonly key: readonly unknown[];
  /** Variables that hold secrets or the agent's socket. */
  readonly hiddenEnv: readonly string[];
  open(): Promise<RunMount[]>;
}

interface StepMount {
  readonly key: unknown;
  readonly env?: string;
  open(): Promise<RunMount | undefined>;
}

/**
 * The mounts that a RUN asks for.
 *
 * @throws LamellaError invalid `instruction-invalid`; not-found `mount-source-not-found`, `secret-not-found`
 */
export async function stepMounts(
  run: BuildRun,
  state: StageState,
  step: RunStep,
  { stage }: StepPlace,
  expand: Expand,
): Promise<StepMounts> {
  const asked = step.mounts.map(({ text }) => parseRunMount(text, expand));
  let agents = 0;
  const mounts = await Promise.all(
    asked.map(async (options): Promise<StepMount> => {
      switch (options.type) {
        case 'secret':
          return await secretMount(run, options);
        case 'ssh':
          return agentMount(run, options, agents++);
        case 'tmpfs': {
          const { size, readOnly } = options;
          const target = targetOf(options, state);
          const mount = { kind: 'tmpfs', target, size, readOnly } as const;
          return { key: ['tmpfs', target, size ?? 0], open: () => Promise.resolve(mount) };
        }
        case 'cache':
          return cacheMount(options, targetOf(options, state), await sourceOf(run, options, stage));
        default: {
          const { readOnly } = options;
          const target = targetOf(options, state);
          const source = await sourceOf(run, options, stage);
          return {
            key: ['bind', target, readOnly, source?.contentKey],
            open: async () => source && { kind: 'layers', target, readOnly, ...(await source.open()) },
          };
        }
      }
    }),
  );
  return {
    key: mounts.map(({ key }) => key),
    hiddenEnv: mounts.flatMap(({ env }) => (env === undefined ? [] : [env])),
    async open() {
      const opened = await Promise.all(mounts.map(async (mount) => mount.open()));
      return opened.filter((mount) => mount !== undefined);
    },
  };
}

function targetOf({ target }: RunMountOptions, { config }: StageState): string {
  const absolute = posix.resolve('/', config.WorkingDir ?? '', target);
  if (absolute === '/') throw instructionError('invalid mount target "/"');
  return absolute;
}

/** undefined for a cache that begins empty. */
async function sourceOf(
  run: BuildRun,
  { type, from, source }: RunMountOptions,
  stage: StepPlace['stage'],
): Promise<BindSource | undefined> {
  if (from === '' && type === 'cache' && source !== '') {
    throw instructionError('source of a cache mount needs from: a cache begins empty');
  }
  if (from === 'scratch' || (from === '' && type === 'cache')) return undefined;
  if (from === '') return await contextSource(run, source);
  const earlier = run.stage(from, stage);
  const diffIds = earlier === undefined ? await run.imageLayers(from) : (await earlier).diffIds;
  return await layersSource(run, diffIds, source);
}

function cacheMount(options: RunMountOptions, target: string, seed: BindSource | undefined): StepMount {
  const { sharing, readOnly, mode = 0o755, uid = 0, gid = 0 } = options;
  const id = options.id === '' ? target : options.id;
  const key = cacheKey('cache-mount', id, seed?.contentKey ?? '', mode, uid, gid);
  return {
    key: ['cache', target, id, readOnly],
    open: async () => ({
      kind: 'cache',
      target,
      readOnly,
      key,
      id,
      sharing,
      seed: await seed?.open(),
      mode,
      uid,
      gid,
    }),
  };
}

/** Bytes: more cannot be meant. */
const largestSecret = 500 << 10;

async function secretMount(run: BuildRun, options: RunMountOptions): Promise<StepMount> {
  const id = options.id || options.source || posix.basename(options.target);
  const { env, required, mode = 0o400, uid = 0, gid = 0 } = options;
  const target = options.target || (env === undefined ? `/run/secrets/${posix.basename(id)}` : '');
  const key = ['secret', id, target, env ?? ''];
  const content = await readSecret(run, id);
  if (content === undefined) {
    if (!required) return { key, open: () => Promise.resolve(undefined) };
    throw new LamellaError('not-found', `secret ${id}: not found`, {
      code: 'secret-not-found',
      hint: `Give it with --secret id=${id},src=FILE or --secret id=${id},env=VARIABLE.`,
    });
  }
  const file = { kind: 'file', target: posix.resolve('/', target), content, mode, uid, gid } as const;
  return {
    key,
    ...(env === undefined ? {} : { env: `${env}=${Buffer.from(content).toString('utf8')}` }),
    open: () => Promise.resolve(target === '' ? undefined : file),
  };
}

async function readSecret({ request }: BuildRun, id: string): Promise<Uint8Array | undefined> {
  const source = request.run.secrets.get(id);
  if (source === undefined) return undefined;
  const content = 'file' in source ? await readFile(source.file) : Buffer.from(source.value);
  if (content.byteLength <= largestSecret) return content;
  throw new LamellaError('invalid', `secret ${id}: invalid size ${content.byteLength}`, {
    code: 'secret-too-large',
    hint: 'A secret has at most 500 KiB.',
  });
}

function agentMount({ request }: BuildRun, options: RunMountOptions, index: number): StepMount {
  const { required, mode = 0o600, uid = 0, gid = 0 } = options;
  const id = options.id === '' ? 'default' : options.id;
  const target = posix.resolve('/', options.target || `/run/buildkit/ssh_agent.${index}`);
  const socket = request.run.agents.get(id);
  const key = ['ssh', id, target];
  // Only the first is the one that programs find by themselves.
  const env = index === 0 ? { env: `SSH_AUTH_SOCK=${target}` } : {};
  if (socket !== undefined) {
    return { key, ...env, open: () => Promise.resolve({ kind: 'ssh', target, socket, mode, uid, gid }) };
  }
  if (!required) return { key, ...env, open: () => Promise.resolve(undefined) };
  throw new LamellaError('not-found', `unset ssh forward key ${id}`, {
    code: 'ssh-agent-not-found',
    hint: id === 'default' ? 'Give it with --ssh default.' : `Give it with --ssh ${id}=SOCKET.`,
  });
}
