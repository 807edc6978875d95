import { LamellaError } from '../base/errors.ts';
import type { Lease } from '../db/leases.ts';
import { DockerfileError } from '../dockerfile/instruction-error.ts';
import { checkDockerfile } from '../dockerfile/check/check-dockerfile.ts';
import type { Finding } from '../dockerfile/check/finding.ts';
import { parseDockerfile, type Dockerfile, type Stage } from '../dockerfile/parse-dockerfile.ts';
import { at } from '../dockerfile/source/read-source.ts';
import { expandWord } from '../dockerfile/words/expand-word.ts';
import type { ImageStore } from '../images/image-store.ts';
import type { LayerStore } from '../layers/store.ts';
import type { Digest } from '../oci/digest.ts';
import { formatImageConfig, type ImageConfig } from '../oci/image-config.ts';
import { hostPlatform, parsePlatform, type Platform } from '../oci/platform.ts';
import { argumentValue, platformArguments, predefinedArguments } from './arguments.ts';
import type { BuildRun } from './build-run.ts';
import { buildStage } from './build-stage.ts';
import type { BuildCache } from './cache.ts';
import type { BuildEvent, BuildPorts, BuildRequest } from './request.ts';
import { continued, emptyState, stateOfImage, type StageState } from './stage-state.ts';
import { isShown } from './step-place.ts';
import { createStepProgress } from './step-progress.ts';

export interface BuildDeps {
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly cache: BuildCache;
  readonly ports: BuildPorts;
  readonly createLease: () => Lease;
  readonly now: () => number;
  readonly tell: (event: BuildEvent) => void;
  /** Told of what is allowed but hardly ever meant, before a step is done. */
  readonly onFindings: (findings: readonly Finding[]) => void;
}

/** 1980-01-01, the first day that every archive format can write: what is made from nothing is as old as that. */
const firstDay = 315_532_800;

/**
 * Builds an image from a Dockerfile. Stages are built side by side, and only those that the target needs.
 *
 * The same Dockerfile, context and base images give the same image, anywhere and at any time: files and image are as old
 * as the newest base image, unless the request says otherwise.
 *
 * @throws DockerfileError for what is wrong with the Dockerfile, or with a step of it
 */
export async function buildImage(request: BuildRequest, deps: BuildDeps): Promise<{ id: Digest }> {
  const dockerfile = parseDockerfile(request.dockerfile);
  const target = findTarget(dockerfile, request.target);
  using lease = deps.createLease();
  const run = await openRun(request, dockerfile, target, deps, lease);
  const state = await run.build(target);
  const config = formatImageConfig(imageConfig(state, request, run.created));
  const { id } = await deps.images.add(
    {
      config,
      names: request.tags,
      ...(state.baseId === undefined ? {} : { parentId: state.baseId }),
    },
    'build',
  );
  return { id };
}

function findTarget({ stages }: Dockerfile, name: string | undefined): Stage {
  const last = stages.at(-1);
  if (last === undefined) throw new Error('a Dockerfile has at least one stage');
  if (name === undefined || name === '') return last;
  const found = stages.findLast((stage) => stage.name === name.toLowerCase());
  if (found !== undefined) return found;
  throw new LamellaError('not-found', `target stage ${JSON.stringify(name)} could not be found`, {
    code: 'build-target-unknown',
  });
}

/** By name, in whatever case, or by number; of several of one name the last. */
function findStage(stages: readonly Stage[], name: string): Stage | undefined {
  const byName = stages.findLast((stage) => stage.name === name.toLowerCase());
  return byName ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined);
}

/** The stages that a stage needs, itself included. */
function neededBy(stage: Stage, stages: readonly Stage[], bases: ReadonlyMap<Stage, string>): Set<Stage> {
  const needed = new Set<Stage>();
  const visit = (each: Stage): void => {
    if (needed.has(each)) return;
    needed.add(each);
    const before = stages.slice(0, each.index);
    const names = each.steps.flatMap((step) => {
      if (step.kind === 'run') return step.mounts.map(({ from }) => from);
      return (step.kind === 'copy' || step.kind === 'add') && step.from !== undefined ? [step.from] : [];
    });
    for (const name of [bases.get(each) ?? '', ...names]) {
      const found = findStage(before, name);
      if (found !== undefined) visit(found);
    }
  };
  visit(stage);
  return needed;
}

interface OpenRun extends BuildRun {
  build(stage: Stage): Promise<StageState>;
}

async function openRun(
  request: BuildRequest,
  dockerfile: Dockerfile,
  target: Stage,
  deps: BuildDeps,
  lease: Lease,
): Promise<OpenRun> {
  const { stages, source } = dockerfile;
  const outsideArgs = outsideArguments(dockerfile, request);
  const progress = createStepProgress(deps.tell, deps.now);
  const expandMeta = (text: string): string =>
    expandWord(text, (name) => outsideArgs.get(name), source.directives);
  const bases = new Map(stages.map((stage) => [stage, at(stage.range, () => baseName(stage, expandMeta))]));
  const needed = neededBy(target, stages, bases);
  const images = await findImages();
  check();
  const newest = Math.max(0, ...[...images.values()].map(({ config }) => createdSeconds(config))) || firstDay;
  const epoch = request.epoch === 'now' ? undefined : (request.epoch ?? newest);
  const created = new Date(epoch === undefined ? deps.now() : epoch * 1000).toISOString();
  const states = new Map<Stage, Promise<StageState>>();

  /** @throws LamellaError invalid `build-check-failed` where the Dockerfile wants to be without findings */
  function check(): void {
    const { findings, isError } = checkDockerfile(dockerfile, {
      automatic: platformArguments(request.platform, hostPlatform()),
      options: request.buildArgs.get('BUILDKIT_DOCKERFILE_CHECK'),
      needed,
      parent: (stage) => findStage(stages.slice(0, stage.index), bases.get(stage) ?? ''),
      environment: (stage) => {
        const env = images.get(stage)?.config.config?.Env;
        return bases.get(stage) === 'scratch' ? [] : env?.map((line) => line.split('=', 1)[0] ?? '');
      },
      predefined: predefinedArguments,
      isIgnored: (path) => request.context.ignore.excludes(path),
    });
    if (findings.length > 0) deps.onFindings(findings);
    if (!isError || findings.length === 0) return;
    const rules = [...new Set(findings.map(({ rule }) => rule))].join(', ');
    throw new LamellaError('invalid', `lint violation found for rules: ${rules}`, {
      code: 'build-check-failed',
    });
  }

  interface FoundImage {
    readonly id: Digest;
    readonly config: ImageConfig;
    readonly platform: Platform;
  }

  /** The images that the needed stages begin with, by name and platform. */
  async function findImages(): Promise<Map<Stage, FoundImage>> {
    const found = new Map<Stage, FoundImage>();
    await Promise.all(
      [...needed].map(async (stage) => {
        const base = bases.get(stage) ?? '';
        if (base === 'scratch' || findStage(stages.slice(0, stage.index), base) !== undefined) return;
        const platform = platformOf(stage);
        const { id } = await deps.ports.base(base, platform, request.pull);
        lease.add(id);
        found.set(stage, { id, config: await deps.images.config(id), platform });
      }),
    );
    return found;
  }

  function platformOf(stage: Stage): Platform {
    const text = stage.platform === undefined ? '' : expandMeta(stage.platform);
    return text === '' ? request.platform : at(stage.range, () => parsePlatform(text));
  }

  async function beginOf(stage: Stage): Promise<StageState> {
    const base = bases.get(stage) ?? '';
    const earlier = findStage(stages.slice(0, stage.index), base);
    if (earlier !== undefined) return continued(await build(earlier));
    const image = images.get(stage);
    if (image === undefined) return emptyState(platformOf(stage));
    const shown = stage.steps.filter(isShown).length;
    await progress.step(`[${run.stageName(stage)}1/${shown + 1}] FROM ${base}`, async () => ({
      cached: true,
    }));
    return stateOfImage(image.id, image.config, image.platform);
  }

  function build(stage: Stage): Promise<StageState> {
    const known = states.get(stage);
    if (known !== undefined) return known;
    const result = beginOf(stage).then((begin) => buildStage(run, stage, begin));
    // Whoever needs it hears of a failure; that may be nobody any more.
    result.catch(() => {});
    states.set(stage, result);
    return result;
  }

  const run: OpenRun = {
    request,
    ports: deps.ports,
    layers: deps.layers,
    cache: deps.cache,
    progress,
    syntax: source.directives,
    outsideArgs,
    created,
    epoch,
    stageName(stage) {
      if (stages.length === 1 && stage.name === undefined) return '';
      return `${stage.name ?? `stage-${stage.index}`} `;
    },
    stage(name, before) {
      const found = findStage(stages.slice(0, before.index), name);
      return found && build(found);
    },
    async imageLayers(reference) {
      const { id } = await deps.ports.base(reference, request.platform, request.pull);
      lease.add(id);
      return (await deps.images.config(id)).diffIds;
    },
    keep: (diffId) => lease.add(diffId),
    isCacheless({ name, index }) {
      const { noCache } = request;
      if (typeof noCache === 'boolean') return noCache;
      return noCache.includes(String(index)) || (name !== undefined && noCache.includes(name));
    },
    build,
  };
  // All that are needed begin at once, and wait for each other where one needs another.
  for (const stage of needed) void build(stage);
  return run;
}

function outsideArguments({ metaArgs, source }: Dockerfile, request: BuildRequest): Map<string, string> {
  const values = platformArguments(request.platform, hostPlatform());
  for (const name of values.keys()) {
    const asked = request.buildArgs.get(name);
    if (asked !== undefined) values.set(name, asked);
  }
  for (const step of metaArgs) {
    for (const arg of step.args) {
      const value = at(step.range, () =>
        argumentValue(arg, request.buildArgs, values, (word) =>
          expandWord(word, (name) => values.get(name), source.directives),
        ),
      );
      if (value !== undefined) values.set(arg.name, value);
    }
  }
  return values;
}

function baseName(stage: Stage, expand: (text: string) => string): string {
  const name = expand(stage.base);
  if (name === '') throw new DockerfileError(`base name (${stage.base}) should not be blank`, stage.range);
  return name;
}

/** Seconds since 1970; 0 where the image does not say. */
function createdSeconds({ created = '' }: ImageConfig): number {
  const time = Date.parse(created);
  return Number.isNaN(time) || time < 0 ? 0 : Math.floor(time / 1000);
}

function imageConfig(state: StageState, { labels }: BuildRequest, created: string | undefined): ImageConfig {
  const { platform, config, author, diffIds, history } = state;
  const allLabels = { ...config.Labels, ...Object.fromEntries(labels) };
  return {
    ...platform,
    ...(created === undefined ? {} : { created }),
    ...(author === undefined ? {} : { author }),
    config: { ...config, ...(Object.keys(allLabels).length === 0 ? {} : { Labels: allLabels }) },
    diffIds,
    history,
  };
}
